import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { registerUser, submit } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

/** What a large body may add to the resident memory of an idle process. */
const MAX_GROWTH_MIB = 250;

let database: TestDatabase;
let service: RunningService;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url, { LOG_LEVEL: 'error' });
  ({ token } = await registerUser(service.url, 'large'));
});
afterAll(async () => {
  await service.end();
  await database.drop();
});

interface Shape {
  readonly estimators: number;
  readonly pages: number;
  readonly values: number;
}

/** The text of `estimators`, about 1 MB at a time; about 17 digits a value, as Python prints noise. */
function* estimatorsText({ estimators, pages, values }: Shape): Generator<string> {
  let state = 1;
  const noise = () => String((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 4_294_967_296.123);
  for (let estimator = 0; estimator < estimators; estimator++) {
    yield `${estimator === 0 ? '[' : ','}{"name":"e${estimator}","pages":[`;
    for (let page = 0; page < pages; page++) {
      yield `${page === 0 ? '' : ','}{"page_number":${page},"name":"p","data":{"values":[`;
      yield* listText(values, noise);
      yield '],"dimensions":[[';
      yield* listText(values, (index) => String(index * 0.5));
      yield ']],"unit":"Gy"}}';
    }
    yield ']}';
  }
  yield ']';
}

function* listText(count: number, item: (index: number) => string): Generator<string> {
  for (let at = 0; at < count; at += 50_000) {
    const part = Array.from({ length: Math.min(50_000, count - at) }, (_, index) => item(at + index));
    yield (at === 0 ? '' : ',') + part.join(',');
  }
}

function* wholeBody(start: string, shape: Shape, end: string): Generator<string> {
  yield start;
  yield* estimatorsText(shape);
  yield end;
}

async function residentMiB(): Promise<number> {
  const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

/** Posts a body while it is made; resolves with the status. */
function post(path: string, body: Iterable<string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      service.url + path,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (answer) => {
        answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    outgoing.on('error', reject);
    Readable.from(body).pipe(outgoing);
  });
}

async function digestOf(path: string, encoding: 'identity' | 'gzip'): Promise<string> {
  const headers = { authorization: `Bearer ${token}`, 'accept-encoding': encoding };
  const answer = await new Promise<Readable>((resolve, reject) => {
    request(service.url + path, { headers }, resolve)
      .on('error', reject)
      .end();
  });
  const hash = createHash('sha256');
  for await (const chunk of encoding === 'gzip' ? answer.pipe(createGunzip()) : answer) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Asks for something small, over and over, and watches memory, until `work` is done. */
async function watching<T>(work: Promise<T>): Promise<{ result: T; answers: number; peakMiB: number }> {
  const watch = { over: false };
  const finished = work.finally(() => (watch.over = true));
  finished.catch(() => undefined);
  let answers = 0;
  let peakMiB = 0;
  do {
    const answer = await fetch(`${service.url}/health/live`);
    if (answer.status === 200) answers++;
    peakMiB = Math.max(peakMiB, await residentMiB());
  } while (!watch.over);
  return { result: await finished, answers, peakMiB };
}

test.each([
  ['50 pages of 100,000 values', { estimators: 10, pages: 5, values: 100_000 }],
  ['one page of 10 million values', { estimators: 1, pages: 1, values: 10_000_000 }],
])(
  '%s go in and come out again, identical, in bounded memory, while other requests are answered',
  async (_, shape) => {
    const job = await submit(service.url, token);
    const idleMiB = await residentMiB();
    const start = `{"simulation_id":"${job.job_id}","update_key":"${job.update_key}","estimators":`;
    const sent = await watching(post('/results', wholeBody(start, shape, '}')));
    expect(sent.result).toBe(202);
    expect(sent.answers).toBeGreaterThan(5);
    expect(sent.peakMiB - idleMiB).toBeLessThan(MAX_GROWTH_MIB);

    const expected = createHash('sha256');
    for (const part of wholeBody('{"message":"Results","estimators":', shape, '}')) expected.update(part);
    const digest = expected.digest('hex');
    for (const encoding of ['gzip', 'identity'] as const) {
      const read = await watching(digestOf(`/results?job_id=${job.job_id}`, encoding));
      expect(read.result).toBe(digest);
      expect(read.peakMiB - idleMiB).toBeLessThan(MAX_GROWTH_MIB);
    }
  },
  240_000,
);

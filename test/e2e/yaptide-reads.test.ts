import { gunzipSync, inflateSync } from 'node:zlib';
import { sql } from '../support/admin.js';
import { call, registerUser, submit, type SubmittedJob, unusedJobId } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let service: RunningService;
let token: string;
let stranger: string;
let job: SubmittedJob;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url);
  ({ token } = await registerUser(service.url, 'ada'));
  ({ token: stranger } = await registerUser(service.url, 'grace'));
  job = await submit(service.url, token);
  await work(
    job,
    '/results',
    `{"simulation_id":"${job.job_id}","update_key":"${job.update_key}","estimators":${SENT}}`,
  );
  await work(job, '/logfiles', { task_id: 2, logfiles: { stdout: LOG, '<b>&.log': '' } });
});
afterAll(async () => {
  await service.end();
  await database.drop();
});

/** As the workers send it: numbers, unknown members and metadata of any kind must come back as they were. */
const WORKER_PAGES = [
  {
    dimensions: 0,
    metadata: { page_number: '2', name: 'Total', particles: ['p', 'n'], weight: 1.5e-7 },
    data: { name: 'Total', unit: 'Gy', values: [0.1] },
  },
  {
    dimensions: 2,
    metadata: { page_number: 10, name: 'in metadata' },
    data: { name: 'Dose', unit: '[MeV/g]', values: [1, 2, 3, 4, 5, 6], error: [0.5] },
    axis_dim1: { name: 'Position (X)', unit: 'cm', values: [0.5, 1.5, 2.5], binning: 'linear' },
    axis_dim2: { name: 'Position (Y)', unit: 'cm', values: [-1, 1] },
    axis_dim3: 'none',
    comment: 'said "more"',
  },
];
const REFERENCE_PAGES = [
  {
    page_number: 7,
    name: 'Z (Dose)',
    data: { values: [1, 2], dimensions: [[0.5, 1.5]], unit: 'Gy', name: 'no name of the shape', kept: true },
    metadata: { page_number: 'x', filter: 'protons' },
    dimensions: 'of another kind',
    more: [1],
  },
  { page_number: 1, name: '', data: { values: [3], dimensions: [], unit: '' } },
];
const SENT = JSON.stringify([
  { name: 'worker_', metadata: { number_of_primaries: 1000, filename: 'a.bdo' }, pages: [...WORKER_PAGES].reverse() },
  { name: 'reference', pages: REFERENCE_PAGES },
]);

/** The same pages as they are read. */
const WORKER = { name: 'worker_', metadata: { number_of_primaries: 1000, filename: 'a.bdo' }, pages: WORKER_PAGES };
const REFERENCE = {
  name: 'reference',
  metadata: {},
  pages: [
    { dimensions: 0, metadata: { page_number: '1', name: '' }, data: { name: '', unit: '', values: [3] } },
    {
      dimensions: 1,
      metadata: { page_number: '7', name: 'Z (Dose)', filter: 'protons' },
      data: { name: 'Z (Dose)', unit: 'Gy', kept: true, values: [1, 2] },
      axis_dim1: { name: '', unit: '', values: [0.5, 1.5] },
      more: [1],
    },
  ],
};
const LOG = 'a < b && c > d\r\n<script>alert("1")</script>\\u003c \u0000 µ';

async function work({ job_id, update_key }: SubmittedJob, path: string, content: object | string): Promise<void> {
  const body = typeof content === 'string' ? content : { simulation_id: job_id, update_key, ...content };
  expect((await call(service.url + path, { method: 'POST', body })).status).toBe(202);
}

const urlOf = (path: string, { job_id }: { job_id: string }) =>
  `${service.url}/yaptide${path}${path.includes('?') ? '&' : '?'}job_id=${job_id}`;
const read = async (path: string, of: { job_id: string } = job, headers = {}) =>
  call(urlOf(path, of), { token, headers });

async function expectAnswer(path: string, body: object, of = job): Promise<void> {
  const answer = await read(path, of);
  expect([answer.status, answer.json()]).toStrictEqual([200, body]);
  expect(Number(answer.headers['content-length'])).toBe(answer.bytes.length);
}

describe('GET results', () => {
  it('has all estimators, with everything that was sent of them', async () => {
    await expectAnswer('/results', { message: 'Results', estimators: [WORKER, REFERENCE] });
  });

  it('has one estimator where its name is asked for', async () => {
    await expectAnswer('/results?estimator_name=worker_', { message: 'Results', ...WORKER });
    await expectAnswer('/results?estimator_name=reference', { message: 'Results', ...REFERENCE });
  });

  it('has one page of an estimator', async () => {
    const page = WORKER_PAGES[1];
    await expectAnswer('/results?estimator_name=worker_&page_number=10', { message: 'Results', page });
  });

  it('has several pages of an estimator, ascending', async () => {
    await expectAnswer('/results?estimator_name=worker_&page_numbers=10,0-5', {
      message: 'Results',
      pages: WORKER_PAGES,
    });
    await expectAnswer('/results?estimator_name=reference&page_numbers=7', {
      message: 'Results',
      pages: [REFERENCE.pages[1]],
    });
  });

  it('applies page filters to every estimator where none is named', async () => {
    const only = (estimator: { pages: object[] }, index: number) => ({
      ...estimator,
      pages: estimator.pages.slice(index, index + 1),
    });
    await expectAnswer('/results?page_number=7', { message: 'Results', estimators: [only(REFERENCE, 1)] });
    await expectAnswer('/results?page_numbers=1-2', {
      message: 'Results',
      estimators: [only(WORKER, 0), only(REFERENCE, 0)],
    });
  });

  it('keeps the very text of numbers in what is not an array', async () => {
    const other = await submit(service.url, token);
    const page = `{"dimensions":0,"metadata":{"page_number":"0","z":-0.0,"big":12345678901234567890},"data":{"values":[1.0e-3],"n":1.50}}`;
    const head = `"simulation_id":"${other.job_id}","update_key":"${other.update_key}"`;
    await work(
      other,
      '/results',
      `{${head},"estimators":[{"name":"D","metadata":{"x":1.10},"pages":[${page}],"kept":[2.0]}]}`,
    );
    const text = (await read('/results', other)).bytes.toString();
    for (const part of [
      '"metadata":{"page_number":"0","z":-0.0,"big":12345678901234567890}',
      '"data":{"n":1.50,"values":[1.0e-3]}',
      '"metadata":{"x":1.10}',
      '"kept":[2.0]',
    ])
      expect(text).toContain(part);
  });

  it.each([
    ['/results?estimator_name=nobody', 404, 'Estimator not found'],
    ['/results?estimator_name=worker_&page_number=3', 404, 'Page not found'],
    ['/results?estimator_name=worker_&page_numbers=3-5', 404, 'Page not found'],
    ['/results?page_number=3', 404, 'Page not found'],
    ['/results?page_numbers=3-1', 400, 'page_numbers: "3-1" runs backwards'],
    ['/results?page_number=1&page_numbers=1', 400, 'page_number: cannot be combined with page_numbers'],
    ['/results?page_numbers=', 400, 'page_numbers: "" is neither a page number nor a range such as 1-3'],
  ])('%s is %d', async (path, status, message) => {
    const answer = await read(path);
    expect([answer.status, answer.json()]).toStrictEqual([status, { message }]);
  });
});

test('GET estimators names pages and the number of their axes', async () => {
  await expectAnswer('/estimators', {
    message: 'Estimators',
    estimators_metadata: [
      {
        name: 'worker_',
        pages_metadata: [
          { page_number: 2, page_name: 'Total', page_dimension: 0 },
          { page_number: 10, page_name: 'Dose', page_dimension: 2 },
        ],
      },
      {
        name: 'reference',
        pages_metadata: [
          { page_number: 1, page_name: '', page_dimension: 0 },
          { page_number: 7, page_name: 'Z (Dose)', page_dimension: 1 },
        ],
      },
    ],
  });
});

describe('GET inputs', () => {
  it.each([
    ['editor', { beam: { numberOfParticles: 12_000, energy: 150 }, project: {} }, 12_000],
    ['editor', { beam: {} }, undefined],
    ['files', { 'beam.dat': 'NSTAT  1000 -1\n', 'geo.dat': '<&>' }, 1_000],
    ['files', { 'sim.inp': 'START     25000.0\n' }, 25_000],
    ['files', { 'run.txt': 'i:So/Demo/NumberOfHistoriesInRun = 30\n' }, 30],
    ['files', { 'beam.dat': '' }, undefined],
  ])('of type %s gives %j unchanged', async (type, input, primaries) => {
    const of = await submit(service.url, token, { input_type: type, input });
    const member =
      type === 'editor' ? { input_type: 'EDITOR', input_json: input } : { input_type: 'FILES', input_files: input };
    const known = primaries === undefined ? {} : { number_of_all_primaries: primaries };
    await expectAnswer('/inputs', { message: 'Inputs', input: { ...member, ...known } }, of);
  });

  it('has no number for what was submitted before numbers were kept', async () => {
    const of = await submit(service.url, token, { input_type: 'editor', input: { beam: { numberOfParticles: 5 } } });
    await sql(database.url, `UPDATE simulation SET requested_primaries = NULL WHERE id = ${of.sim_id}`);
    await expectAnswer(
      '/inputs',
      { message: 'Inputs', input: { input_type: 'EDITOR', input_json: { beam: { numberOfParticles: 5 } } } },
      of,
    );
  });
});

describe('GET logfiles', () => {
  const logfiles = {
    'task_2/&lt;b&gt;&amp;.log': '',
    'task_2/stdout': 'a &lt; b &amp;&amp; c &gt; d\r\n&lt;script&gt;alert("1")&lt;/script&gt;\\u003c \u0000 µ',
  };

  it('has names and texts that are safe to be written into a page', async () => {
    const answer = await read('/logfiles');
    expect([answer.status, answer.json()]).toStrictEqual([200, { message: 'Logfiles', logfiles }]);
    expect(answer.headers['content-length']).toBeUndefined();
  });

  it('also where markup was sent as escapes, across what is read in pieces, while root gives the text as it is', async () => {
    const of = await submit(service.url, token);
    const line = String.raw`\u003cimg src=x onerror=alert(1)\u003E \\u003c & ` + 'x'.repeat(101);
    const literal = `"${line.repeat(60_000)}"`;
    await work(
      of,
      '/logfiles',
      `{"simulation_id":"${of.job_id}","update_key":"${of.update_key}","logfiles":{"stdout":${literal}}}`,
    );
    const plain = JSON.parse(literal) as string;
    const escaped = plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    for (const encoding of ['identity', 'gzip', 'deflate']) {
      const answer = await read('/logfiles', of, { 'accept-encoding': encoding });
      const text = (JSON.parse(decoded(answer)) as { logfiles: { stdout: string } }).logfiles.stdout;
      expect(text === escaped).toBe(true);
    }
    const root = await call(`${service.url}/logfiles?job_id=${of.job_id}`, { token });
    expect((root.json() as { logfiles: { stdout: string } }).logfiles.stdout === plain).toBe(true);
  });
});

function decoded({ headers, bytes }: { headers: Record<string, unknown>; bytes: Buffer }): string {
  const inflate = { gzip: gunzipSync, deflate: inflateSync }[String(headers['content-encoding'])];
  return (inflate === undefined ? bytes : inflate(bytes)).toString();
}

const READS = [
  '/results',
  '/results?estimator_name=worker_',
  '/results?estimator_name=worker_&page_number=10',
  '/results?estimator_name=worker_&page_numbers=0-10',
  '/estimators',
  '/inputs',
  '/logfiles',
  '/jobs',
];

describe.each(READS)('GET %s', (path) => {
  it('is the same in every encoding, each with a tag of its own, and 304 for who has it', async () => {
    const tags = new Set<string>();
    const texts = new Set<string>();
    for (const encoding of ['identity', 'gzip', 'deflate']) {
      const headers = { 'accept-encoding': encoding };
      const answer = await read(path, job, headers);
      texts.add(decoded(answer));
      const { etag = '', vary } = answer.headers;
      tags.add(etag);
      expect([answer.status, vary, answer.headers['cache-control']]).toStrictEqual([
        200,
        'Accept-Encoding',
        'private, no-cache',
      ]);
      if (encoding !== 'identity') expect(answer.headers['content-encoding']).toBe(encoding);

      const again = await read(path, job, { ...headers, 'if-none-match': etag });
      expect([again.status, again.bytes.length, again.headers.etag]).toStrictEqual([304, 0, etag]);
      expect((await read(path, job, { ...headers, 'if-none-match': '"other"' })).status).toBe(200);

      const head = await call(urlOf(path, job), { method: 'HEAD', token, headers });
      expect([head.status, head.headers.etag, head.headers['content-length'], head.bytes.length]).toStrictEqual([
        200,
        etag,
        answer.headers['content-length'],
        0,
      ]);
    }
    expect([tags.size, texts.size]).toStrictEqual([3, 1]);
  });

  it('has another tag than root', async () => {
    const atRoot = path === '/jobs' ? '/tasks' : path;
    const root = await call(urlOf(atRoot, job).replace('/yaptide', ''), { token });
    expect(root.headers.etag).toMatch(/^"/);
    expect(root.headers.etag).not.toBe((await read(path)).headers.etag);
  });

  it('answers a stranger as if there were no such simulation', async () => {
    const missing = [404, { message: 'Job with provided ID does not exist' }];
    const theirs = await call(urlOf(path, job), { token: stranger });
    expect([theirs.status, theirs.json()]).toStrictEqual(missing);
    const nobodys = await read(path, { job_id: unusedJobId() });
    expect([nobodys.status, nobodys.json()]).toStrictEqual(missing);
  });

  it('wants a token and a job_id', async () => {
    const anonymous = await call(urlOf(path, job));
    expect([anonymous.status, anonymous.json()]).toStrictEqual([401, { message: 'No token provided' }]);
    const aimless = await call(`${service.url}/yaptide${path}`, { token });
    expect([aimless.status, aimless.json()]).toStrictEqual([400, { message: 'job_id: is required' }]);
  });
});

test.each([
  ['/results', 'Results are unavailable'],
  ['/estimators', 'Results are unavailable'],
  ['/logfiles', 'Logfiles are unavailable'],
])('GET %s is 404 before there is anything', async (path, message) => {
  const answer = await read(path, await submit(service.url, token));
  expect([answer.status, answer.json()]).toStrictEqual([404, { message }]);
});

test('more text beside the arrays than can be held is refused, and can be read in parts', async () => {
  const of = await submit(service.url, token);
  const page = (number: number) => ({
    dimensions: 0,
    metadata: { page_number: number, text: 'x'.repeat(1_000_000) },
    data: { values: [number] },
  });
  for (let first = 0; first < 18; first += 6) {
    const pages = Array.from({ length: 6 }, (_, index) => page(first + index));
    await work(of, '/results', { partial: true, estimators: [{ name: 'D', pages }] });
  }
  const message =
    'results: these pages have more than 16777216 bytes of text beside values and axes; select fewer with estimator_name and page_numbers';
  const refused = await read('/results', of);
  expect([refused.status, refused.json()]).toStrictEqual([413, { message }]);
  const part = await read('/results?estimator_name=D&page_numbers=2-12', of);
  expect([part.status, (part.json()['pages'] as unknown[]).length]).toStrictEqual([200, 11]);
});

test('a tag ends when the data changes', async () => {
  const of = await submit(service.url, token);
  const page = (value: number) => ({ page_number: 1, name: '', data: { values: [value], dimensions: [], unit: '' } });
  await work(of, '/results', { partial: true, estimators: [{ name: 'D', pages: [page(1)] }] });
  const etag = (await read('/results', of)).headers.etag;
  await work(of, '/results', { partial: true, estimators: [{ name: 'D', pages: [page(2)] }] });
  expect((await read('/results', of, { 'if-none-match': etag })).status).toBe(200);
});

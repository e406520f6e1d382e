import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { type RunningService, startService } from '../support/service.js';

const MIB = 1024 * 1024;
const MAX_BODY_BYTES = 256 * MIB;
/** What a refused body may add to the memory of the process; 2 GiB inflated would show. */
const MAX_GROWTH = 200 * MIB;

let database: TestDatabase;
let service: RunningService;
let job: SubmittedJob;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url, { MAX_BODY_BYTES: String(MAX_BODY_BYTES) });
  const { token } = await registerUser(service.url, 'ada');
  job = await submit(service.url, token);
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

/** Peak memory of the service so far, in bytes. */
async function peakMemory(): Promise<number> {
  const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
  return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** gzip of `head` and then `unit` over and over, 2 GiB of it, which never ends: 2 MB that are quick to make. */
function bomb(head: string, unit: string): Buffer {
  const block = deflateRawSync(Buffer.alloc(64 * MIB, unit), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const opening = deflateRawSync(head, { finishFlush: constants.Z_FULL_FLUSH });
  return Buffer.concat([gzipSync('').subarray(0, 10), opening, ...Array<Buffer>(32).fill(block)]);
}

describe('a gzip bomb of 2 GiB in some 2 MB', () => {
  const right = () => `{"simulation_id":"${job.job_id}","update_key":"${job.update_key}",`;
  it.each<[string, string, () => string, string, RegExp]>([
    ['of white space, nobody’s', '/results', () => '{', ' ', /16777216 bytes/],
    ['of digits in an unknown text, nobody’s', '/results', () => '{"x":"', '7', /16777216 bytes/],
    [
      'of estimators before the key',
      '/results',
      () => '{"estimators":[{"name":"D","pages":[{"data":{"values":[1',
      ',1',
      /16777216 bytes/,
    ],
    ['of white space behind the right key', '/results', () => `${right()}"estimators":[`, ' ', /268435456 bytes/],
    ['of an unknown text behind the right key', '/results', () => `${right()}"x":"`, '7', /268435456 bytes/],
    ['of a log behind the right key', '/logfiles', () => `${right()}"logfiles":{"stdout":"`, '7', /67108864 bytes/],
    ['to log in with', '/auth/login', () => '{"username":"', '7', /1048576 bytes/],
  ])('%s is 413, and memory does not jump', async (_, path, head, unit, message) => {
    const before = await peakMemory();
    const body = bomb(head(), unit);
    expect(body.length).toBeLessThan(3 * MIB);
    const answer = await call(service.url + path, { method: 'POST', headers: { 'content-encoding': 'gzip' }, body });
    expect([answer.status, answer.json()]).toEqual([
      413,
      { message: expect.stringMatching(message) as string, status_code: 413 },
    ]);
    expect((await peakMemory()) - before).toBeLessThan(MAX_GROWTH);
  });
});

describe('a refusal reaches a sender that is still sending', () => {
  const wrongKey = () => `{"simulation_id":"${job.job_id}","update_key":"${'x'.repeat(43)}","estimators":[`;
  it.each<[string, string, string, string, () => string, number]>([
    ['a wrong key', 'POST', '/results', 'application/json', wrongKey, 403],
    ['a wrong type', 'POST', '/results', 'text/plain', () => '', 415],
    ['no token', 'POST', '/simulations', 'application/json', () => '{', 401],
    ['JSON that is none', 'POST', '/results', 'application/json', () => '}', 400],
    ['a body over its limit', 'POST', '/tasks', 'application/json', () => '{"x":"', 413],
    ['an endpoint that there is not', 'POST', '/nowhere', 'application/json', () => '{', 404],
  ])('%s', async (_, method, path, type, head, status) => {
    const bodyBytes = 48 * MIB;
    // Python's urllib wants each connection closed: Node would close it behind the answer, with the body on its way.
    for (const connection of ['keep-alive', 'close']) {
      const socket = await open();
      const answer = firstAnswer(socket);
      const opening = Buffer.from(head());
      socket.write(
        `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\nContent-Type: ${type}\r\nContent-Length: ${bodyBytes}\r\n\r\n`,
      );
      socket.write(opening);
      const chunk = Buffer.alloc(MIB, ' ');
      for (let left = bodyBytes - opening.length; left > 0; left -= chunk.length) {
        if (!socket.write(chunk.subarray(0, left))) await once(socket, 'drain');
      }
      expect(await answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*"status_code":${status}\\}$`));
      if (connection === 'close') await once(socket, 'end');
      socket.destroy();
    }
  });

  it('a wrong key is answered before the body has ended', async () => {
    const socket = await open();
    const answer = firstAnswer(socket);
    socket.write(
      `POST /results HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000000000\r\n\r\n${wrongKey()}`,
    );
    expect(await answer).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['a line that is no request', 'hello\r\n\r\n', 400],
    ['two lengths', 'POST /results HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a chunk size that is none',
      'POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
      400,
    ],
    ['headers over the limit', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`, 431],
  ])('%s', async (_, text, status) => {
    const socket = await open();
    const answer = firstAnswer(socket);
    socket.write(text);
    expect(await answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*"status_code":${status}\\}$`));
    socket.destroy();
  });
});

it('senders that stall in the midst of a body, compressed or not, are told so, and cut off', async () => {
  const answers = ['identity', 'gzip'].map(async (encoding) => {
    const socket = await open();
    const answer = firstAnswer(socket);
    const ended = once(socket, 'close');
    socket.write(
      `POST /results HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: ${encoding}\r\nContent-Length: 1000\r\n\r\n`,
    );
    socket.write(encoding === 'gzip' ? gzipSync('{"x":1').subarray(0, 12) : '{"x":1');
    const text = await answer;
    await ended;
    return text;
  });
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"body: nothing was received for 30 s","status_code":408\}$/);
  }
});

it('senders that go away in the midst of a body, compressed or not, harm nobody', async () => {
  for (const encoding of ['identity', 'gzip']) {
    const socket = await open();
    socket.write(
      `POST /results HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: ${encoding}\r\nContent-Length: 1000\r\n\r\n`,
    );
    socket.write(encoding === 'gzip' ? gzipSync('{"x":1').subarray(0, 12) : '{"x":1');
    socket.end();
    await once(socket.resume(), 'close');
  }
  expect((await call(`${service.url}/health/ready`)).status).toBe(200);
  expect(service.output()).not.toContain('unexpected error');
});

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** The first answer on the socket, head and JSON body. */
async function firstAnswer(socket: Socket): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.endsWith('}')) resolve(text);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`closed behind: ${text.slice(0, 200)}`)));
  });
}

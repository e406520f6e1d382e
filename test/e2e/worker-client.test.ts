import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answering, blockingBroker } from '../support/answering-server.js';
import { eventually, TestBroker, until } from '../support/amqp.js';
import { PythonWorker } from '../support/python-worker.js';
import { startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { TYPESCRIPT_CLIENT, TypeScriptWorker } from '../support/typescript-worker.js';
import type { WorkerEnd } from '../support/worker-process.js';
import { bits, UNUSED, WorkerScene } from '../support/worker-scene.js';

type Variables = Record<string, string>;

let scene: WorkerScene;

beforeAll(async () => {
  scene = await WorkerScene.open();
});
afterAll(() => scene.close());
beforeEach(() => scene.beginTest());
afterEach(async () => expect(await scene.endTest()).toStrictEqual([]));

const away = () => scene.environment({ TALLYHOUSE_URL: UNUSED });
const bothDoors = () => ({ ...scene.overHttp(), RABBITMQ_URL: scene.broker.url });

/** Runs a program to its end; throws where it fails. Resolves with the JSON of each line that it printed. */
async function run(program: string, variables: Variables, client?: string): Promise<unknown[]> {
  const { code, output, complaints } = await TypeScriptWorker.program(program, variables, client).feed('').end;
  if (code !== 0) throw new Error(`the worker ended with ${String(code)}: ${complaints}`);
  expect(complaints).not.toContain(scene.job.update_key);
  return output.split('\n').map((line) => JSON.parse(line) as unknown);
}

/** Runs the command line. */
async function command(args: readonly string[], variables: Variables, input = ''): Promise<WorkerEnd> {
  const end = await TypeScriptWorker.command(args, variables).feed(input).end;
  expect(end.output + end.complaints).not.toContain(scene.job.update_key);
  return end;
}

describe('all that a worker sends', () => {
  async function everything(variables: Variables, doors: object, client?: string): Promise<void> {
    const [receipts, sent] = await run(EVERYTHING, variables, client);
    expect(receipts).toStrictEqual(Array(6).fill({ amqp: 0, http: 0, other: 0, spooled: 0, ...doors }));
    await scene.readBack(sent);
    await eventually(async () => {
      expect(await scene.read('/tasks')).toMatchObject({
        job_state: 'COMPLETED',
        tasks: [
          { task_id: 1, task_state: 'COMPLETED', simulated_primaries: 900, start_time: '2026-11-24T09:30:00.000Z' },
          { task_id: 2, task_state: 'FAILED' },
        ],
      });
      const logfiles = { 'task_1/stdout': 'Zażółć \u0001\n', 'collect.log': 'merging…\n' };
      expect(await scene.read('/logfiles')).toStrictEqual({ message: 'Logfiles', logfiles });
    });
    expect(await scene.waiting()).toStrictEqual([]);
  }

  test('goes over RabbitMQ, and is read back bit for bit', () => everything(scene.overAmqp(), { amqp: 1 }));

  test('goes over HTTP from a copy of the folder alone, without amqplib, broker or not', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'tallyhouse-client-'));
    await cp(TYPESCRIPT_CLIENT, copy, { recursive: true });
    await writeFile(join(copy, 'package.json'), '{"type": "module"}');
    await everything(bothDoors(), { http: 1 }, copy);
    await rm(copy, { recursive: true });
  });

  test.each([
    ['there is no such exchange', { EXCHANGE: 'nowhere' }],
    ['the broker refuses the login', { RABBITMQ_URL: 'amqp://nobody:wrong@' }],
    ['no broker listens', { RABBITMQ_URL: 'amqp://127.0.0.1:9' }],
  ])('goes over HTTP where %s', async (_, { RABBITMQ_URL = scene.broker.url, ...more }: Variables) => {
    const url = RABBITMQ_URL.endsWith('@') ? RABBITMQ_URL + new URL(scene.broker.url).host : RABBITMQ_URL;
    await everything({ ...scene.overHttp(), RABBITMQ_URL: url, ...more }, { http: 1 });
  });

  test.each([
    ['no queue takes the message', undefined],
    ['the queue is full', { 'x-max-length': 0, 'x-overflow': 'reject-publish' }],
  ])('goes over HTTP where %s', async (_, full) => {
    const channel = await scene.broker.anotherChannel();
    const exchange = `${scene.broker.prefix}another`;
    await channel.assertExchange(exchange, 'topic', { durable: false });
    if (full) {
      const { queue } = await channel.assertQueue('', { arguments: full, exclusive: true });
      await channel.bindQueue(queue, exchange, '#');
    }
    await everything({ ...bothDoors(), EXCHANGE: exchange }, { http: 1 });
    await channel.deleteExchange(exchange);
    await channel.close();
  });
});

describe('a result that is larger than a message', () => {
  const PARTS = `
const numbers = Array.from({ length: 40 }, (_, number) => number);
const values = numbers.map((number) => doubles(number, number === 7 ? 5000 : 300));
const worker = new Worker();
const receipt = await worker.results(['a', 'b', 'c'].map((name, rest) => ({
  name, pages: numbers.filter((n) => n % 3 === rest).map((n) => page(n, values[n])) })));
await worker.close();
say([receipt, Object.fromEntries(numbers.map((n) => ['abc'[n % 3] + ' ' + n, hexes(values[n])]))]);
`;

  test('goes in parts, a page over the limit by HTTP, and is final once all pages are there', async () => {
    const [[receipt, sent] = []] = (await run(PARTS, bothDoors())) as [{ amqp: number }, object][];
    expect(receipt).toMatchObject({ http: 1, spooled: 0 });
    expect(receipt?.amqp).toBeGreaterThan(4);
    await scene.readBack(sent);
    await scene.untilCompleted();
    expect(await scene.pagesTotal()).toBe(40);
  });

  test('of 2.4 million numbers in typed arrays goes over RabbitMQ at the limits that ship', async () => {
    const another = await TestBroker.open();
    const instance = await startService(scene.database.url, { ...another.settings, ROLE: 'consumer' });
    // The pages are made one by one, as they are sent.
    const program = `
const sent = {};
function* pages() {
  for (let n = 0; n < 20; n += 1) {
    const values = Float64Array.from(doubles(n, 60000));
    sent['a ' + n] = hexes(values);
    yield page(n, values);
  }
}
const worker = new Worker({ messageBytes: 16 * 2 ** 20 });
const receipt = await worker.results([{ name: 'a', pages: pages() }]);
await worker.close();
say([receipt, sent]);
`;
    const variables = scene.environment({ RABBITMQ_URL: scene.broker.url, EXCHANGE: `${another.prefix}ingest` });
    const [[receipt, sent] = []] = (await run(program, variables)) as [unknown, object][];
    expect(receipt).toStrictEqual({ amqp: 5, http: 0, other: 0, spooled: 0 });
    await scene.untilCompleted();
    await scene.readBack(sent);
    await instance.end();
    await another.close();
  });

  test('is refused before anything is sent where a page needs HTTP and no address is set', async () => {
    const program = `
const worker = new Worker();
await worker.results([{ name: 'a', pages: [page(0, doubles(1, 5000))] }])
  .catch((error) => say([error instanceof InvalidInput, error.message]));
`;
    const said = [true, expect.stringContaining('set TALLYHOUSE_URL as well')];
    expect(await run(program, scene.overAmqp())).toStrictEqual([said]);
  });

  test('log files are split between files, and a single large one goes whole', async () => {
    const program = `
const files = Object.fromEntries(Array.from({ length: 12 }, (_, n) =>
  [n + '.log', String.fromCharCode(97 + n).repeat(n === 3 ? 200000 : 20000)]));
say(await new Worker().logfiles(files, 0));
`;
    expect(await run(program, scene.overHttp())).toStrictEqual([{ amqp: 0, http: 7, other: 0, spooled: 0 }]);
    const { logfiles } = await scene.read<{ logfiles: Record<string, string> }>('/logfiles');
    expect(Object.entries(logfiles).map(([name, content]) => [name, content.length, content[0]])).toStrictEqual(
      expect.arrayContaining([
        ['task_0/3.log', 200_000, 'd'],
        ['task_0/11.log', 20_000, 'l'],
      ]),
    );
    expect(Object.keys(logfiles)).toHaveLength(12);
  });

  test('partial results are final only with the pages of all calls', async () => {
    const program = `
const worker = new Worker();
const of = (...numbers) => [{ name: 'a', pages: numbers.map((n) => page(n, doubles(n, 10))) }];
for (let n = 0; n < 3; n += 1) await worker.results(of(n), { partial: true, revision: n });
say(await worker.results(of(2, 3), { revision: 9 }));
`;
    await run(program, scene.overHttp());
    expect(await scene.jobState()).toBe('COMPLETED');
    expect(await scene.pagesTotal()).toBe(4);
  });
});

/** Sends one page a line of input, and prints what became of it; at the end of input, a final result. */
const PAGE_A_LINE = `
const sent = {};
const worker = new Worker(JSON.parse(process.env.OPTIONS ?? '{}'));
let number = 0;
for await (const _ of createInterface({ input: process.stdin })) {
  const values = doubles(number, 1000);
  sent['a ' + number] = hexes(values);
  say(await worker.results([{ name: 'a', pages: [page(number, values)] }], { partial: true }));
  number += 1;
}
say(await worker.results([]));
await worker.close();
say(sent);
`;

describe('while the network fails', () => {
  /** Lets a worker of PAGE_A_LINE send its next page; resolves with what it said of it. */
  async function next(worker: TypeScriptWorker): Promise<Record<string, number>> {
    const before = worker.lines.length;
    worker.tell('next');
    const ended = worker.end.then(({ complaints }) => Promise.reject(new Error(complaints)));
    await Promise.race([until(() => worker.lines.length > before), ended]);
    return JSON.parse(worker.lines[before] ?? '') as Record<string, number>;
  }

  /** Ends its input; resolves once everything that it sent is read back, and the simulation has ended. */
  async function readBackFrom(worker: TypeScriptWorker): Promise<WorkerEnd> {
    const end = await worker.feed('').end;
    expect([end.code, end.complaints]).toStrictEqual([0, expect.not.stringContaining(scene.job.update_key)]);
    await scene.readBack(JSON.parse(end.output.split('\n').at(-1) ?? ''));
    await scene.untilCompleted();
    return end;
  }

  test.each([
    ['is cut', (proxy: TcpProxy) => proxy.cut()],
    ['falls silent', (proxy: TcpProxy) => proxy.freeze()],
  ])('what follows goes over HTTP when the broker %s in the middle, and nothing is lost', async (_, fail) => {
    const proxy = await TcpProxy.to(scene.broker.url);
    const OPTIONS = JSON.stringify({ confirmTimeout: 0.5, connectTimeout: 2 });
    const worker = TypeScriptWorker.program(PAGE_A_LINE, { ...scene.overHttp(), RABBITMQ_URL: proxy.url, OPTIONS });
    for (let count = 0; count < 3; count += 1) expect(await next(worker)).toMatchObject({ amqp: 1 });
    fail(proxy);
    for (let count = 0; count < 3; count += 1) expect(await next(worker)).toMatchObject({ http: 1 });
    await readBackFrom(worker);
    await proxy.close();
  });

  test('a broker that blocks the connection, being out of disk, is not waited for', async () => {
    const blocking = await blockingBroker(scene.broker.url, 'tasks.update');
    const variables = { ...scene.overHttp(), RABBITMQ_URL: blocking.url };
    const { code, output, complaints } = await command(['task', '1', '--state', 'RUNNING', '--verbose'], variables);
    blocking.close();
    expect([code, output]).toStrictEqual([0, 'sent 1 (0 by RabbitMQ, 1 by HTTP), kept 0 for later']);
    expect(complaints).toContain('connection blocked');
  });

  test('a connection that the broker closed in a pause is opened again, without a word', async () => {
    const proxy = await TcpProxy.to(scene.broker.url);
    const worker = TypeScriptWorker.program(PAGE_A_LINE, scene.environment({ RABBITMQ_URL: proxy.url }));
    expect(await next(worker)).toMatchObject({ amqp: 1 });
    proxy.reset();
    expect(await next(worker)).toMatchObject({ amqp: 1 });
    const { complaints } = await readBackFrom(worker);
    expect(complaints).toBe('');
    await proxy.close();
  });

  test('what nobody takes is kept, unreadable for others, and the next call sends it first', async () => {
    const [http, amqp] = [await TcpProxy.to(scene.service.url), await TcpProxy.to(scene.broker.url)];
    const variables = scene.environment({ TALLYHOUSE_URL: http.url, RABBITMQ_URL: amqp.url });
    const worker = TypeScriptWorker.program(PAGE_A_LINE, variables);
    expect(await next(worker)).toMatchObject({ spooled: 0 });
    for (const proxy of [http, amqp]) proxy.cut();
    for (let count = 0; count < 3; count += 1) expect(await next(worker)).toMatchObject({ spooled: 1 });
    const kept = await scene.waiting();
    expect(kept).toHaveLength(3);
    for (const name of kept) expect((await stat(join(scene.spool, name))).mode & 0o777).toBe(0o600);
    for (const proxy of [http, amqp]) proxy.heal();
    expect(await next(worker)).toMatchObject({ spooled: 0 });
    expect(await scene.waiting()).toStrictEqual([]);
    await readBackFrom(worker);
    for (const proxy of [http, amqp]) await proxy.close();
  });

  test('an older version of a page, sent late, never comes after a newer one', async () => {
    const http = await TcpProxy.to(scene.service.url);
    const variables = scene.environment({ TALLYHOUSE_URL: http.url });
    const program = (version: number) => `
const values = doubles(${version}, 10);
await new Worker().results([{ name: 'a', pages: [page(0, values)] }], { partial: true });
say({ 'a 0': hexes(values) });
`;
    http.cut();
    await run(program(1), variables);
    await run(program(2), variables);
    http.heal();
    const [newest] = await run(program(3), variables);
    await scene.readBack(newest);
    await http.close();
  });

  test('calls that overlap are sent in their order, and kept in it', async () => {
    const http = await TcpProxy.to(scene.service.url);
    http.cut();
    const program = `
const worker = new Worker();
const versions = Array.from({ length: 8 }, (_, n) => doubles(n, 10));
const receipts = await Promise.all(versions.map((values, n) =>
  worker.results([{ name: 'a', pages: [page(0, values)] }], { partial: n < 7 })));
say([receipts.map(({ spooled }) => spooled), { 'a 0': hexes(versions[7]) }]);
`;
    const variables = scene.environment({ TALLYHOUSE_URL: http.url });
    const [[spooled, newest] = []] = (await run(program, variables)) as [number[], object][];
    expect(spooled).toStrictEqual(Array(8).fill(1));
    http.heal();
    expect((await command(['flush'], variables)).output).toBe('sent 8, set aside 0, still waiting 0');
    await scene.readBack(newest);
    await http.close();
  });

  test('a worker that is patient waits until the service is back', async () => {
    const http = await TcpProxy.to(scene.service.url);
    http.cut();
    const variables = scene.environment({ TALLYHOUSE_URL: http.url, TALLYHOUSE_PATIENCE: '60' });
    const worker = TypeScriptWorker.program(PAGE_A_LINE, variables);
    const answered = next(worker);
    await eventually(async () => expect(await scene.waiting()).toHaveLength(1));
    http.heal();
    expect(await answered).toMatchObject({ http: 1, spooled: 0 });
    expect(await scene.waiting()).toStrictEqual([]);
    await readBackFrom(worker);
    await http.close();
  });

  test('a line that breaks in mid-upload costs nothing: what was on its way is kept, then sent', async () => {
    const http = await TcpProxy.to(scene.service.url);
    const program = `
const values = doubles(1, 400000);
say(await new Worker({ messageBytes: 2 ** 30 }).results([{ name: 'a', pages: [page(0, values)] }]));
say({ 'a 0': hexes(values) });
`;
    const variables = scene.environment({ TALLYHOUSE_URL: http.url });
    const worker = TypeScriptWorker.program(program, variables).feed('');
    await until(() => http.connections === 1);
    http.cut();
    const { output } = await worker.end;
    const [receipt, sent] = output.split('\n').map((line) => JSON.parse(line) as unknown);
    expect(receipt).toMatchObject({ spooled: 1 });
    http.heal();
    expect(await command(['flush'], variables)).toMatchObject({ code: 0 });
    await scene.readBack(sent);
    await http.close();
  });

  test.each([
    ['a byte of the request has left', 1, 'up'],
    ['half a megabyte has left', 500_000, 'up'],
    ['it was stored, and a byte of the answer has come', 1, 'down'],
  ] as const)('a line that breaks once %s costs nothing', async (_, truncateAfter, direction) => {
    const http = await TcpProxy.to(scene.service.url);
    http.spoil({ truncateAfter }, [direction]);
    const program = `
const values = doubles(1, 40000);
say(await new Worker({ messageBytes: 2 ** 30 }).results([{ name: 'a', pages: [page(0, values)] }]));
say({ 'a 0': hexes(values) });
`;
    const variables = scene.environment({ TALLYHOUSE_URL: http.url });
    const [receipt, sent] = await run(program, variables);
    expect(receipt).toMatchObject({ http: 0, spooled: 1 });
    http.heal();
    expect(await command(['flush'], variables)).toMatchObject({ code: 0 });
    await scene.readBack(sent);
    expect(await scene.jobState()).toBe('COMPLETED');
    await http.close();
  });

  test('a worker that is killed while it waits has lost nothing: a flush sends it', async () => {
    const program = `await new Worker({ patience: 600 }).task(1, { state: 'COMPLETED', simulated_primaries: 7 });`;
    const worker = TypeScriptWorker.program(program, away());
    await eventually(async () => expect(await scene.waiting()).toHaveLength(1));
    worker.kill();
    await worker.end;
    expect(await command(['flush'], scene.overHttp())).toMatchObject({ code: 0 });
    expect(await scene.read('/tasks')).toMatchObject({ tasks: [{ task_state: 'COMPLETED', simulated_primaries: 7 }] });
  });

  test('a worker that is told to stop ends its wait, and what it kept stays kept', async () => {
    const program = `
const stop = new AbortController();
const onNotice = ({ text }) => text.startsWith('again in') && stop.abort(new Error('stopped'));
const worker = new Worker({ patience: 600, signal: stop.signal, onNotice });
await worker.task(1, { state: 'RUNNING' }).catch((error) => say(error.name));
await worker.close();
`;
    expect(await run(program, away())).toStrictEqual(['AbortError']);
    expect(await scene.waiting()).toHaveLength(1);
  });

  test('what it tells of its tries holds neither key nor password', async () => {
    const RABBITMQ_URL = 'amqp://worker:secret@127.0.0.1:9';
    const { code, complaints } = await command(
      ['task', '1', '--verbose', '--patience', '1'],
      scene.environment({ TALLYHOUSE_URL: UNUSED, RABBITMQ_URL }),
    );
    expect(code).toBe(3);
    expect(complaints).toMatch(/tasks\.update is not sent: AMQP: .*ECONNREFUSED/);
    expect(complaints).toMatch(/tasks\.update is not sent: HTTP: .*ECONNREFUSED/);
    expect(complaints).not.toContain('secret');
  });

  test.each([
    ['does not fit into the spool folder', { TALLYHOUSE_SPOOL_BYTES: '1000' }, /refused.*is full \(1000 bytes\)/i],
    ['finds a file in the place of the spool folder', { TALLYHOUSE_SPOOL: process.execPath }, /can't be written/],
  ])('what %s is an error, never silence', async (_, more, message) => {
    const variables = { ...away(), ...more };
    const program = `
await new Worker().results([{ name: 'a', pages: [page(0, doubles(1, 5000))] }])
  .catch((error) => say([error instanceof NotSent, error.message]));
`;
    expect(await run(program, variables)).toStrictEqual([[true, expect.stringMatching(message)]]);
    const { code } = await command(['results', '-'], variables, JSON.stringify([{ name: 'x'.repeat(900), pages: [] }]));
    expect(code).toBe(5);
    expect(await scene.waiting()).toStrictEqual([]);
  });
});

describe('a flush', () => {
  const COUNT = 60;

  /** Fills the spool folder; resolves with what must be read back. */
  async function fill(): Promise<unknown> {
    const { output } = await TypeScriptWorker.program(PAGE_A_LINE, away()).feed('next\n'.repeat(COUNT)).end;
    expect(await scene.waiting()).toHaveLength(COUNT + 1);
    return JSON.parse(output.split('\n').at(-1) ?? '');
  }
  /** A search path on which nothing but one program is found. */
  async function pathOf(program: string): Promise<string> {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' });
    await symlink(stdout.trim(), join(scene.spool, program));
    return scene.spool;
  }
  const sentBy = ({ output }: WorkerEnd) => Number(/sent (\d+), set aside 0, still waiting 0/.exec(output)?.[1]);
  const ARGS = ['flush', '--patience', '40'];
  const flush = (variables = scene.overHttp()) => TypeScriptWorker.command(ARGS, variables).feed('');
  const flushInPython = () =>
    new PythonWorker('python3', ['-m', 'tallyhouse_worker', ...ARGS], scene.overHttp()).feed('');

  test('that is killed in the middle loses nothing, and the next one sends the rest', async () => {
    const sent = await fill();
    for (let left = COUNT; left > 0; left = (await scene.waiting()).length) {
      const killed = flush();
      const ended = killed.end.then(() => true);
      while ((await scene.waiting()).length > Math.max(left - 15, 0)) {
        if (await Promise.race([ended, new Promise<false>((resolve) => setImmediate(resolve, false))])) break;
      }
      killed.kill();
      await ended;
    }
    const { code } = await flush().end;
    expect(code).toBe(0);
    await scene.readBack(sent);
    expect(await scene.jobState()).toBe('COMPLETED');
    expect(await scene.kept()).toStrictEqual(['lock']);
  });

  test('beside others, of the Python client too, sends every message once', async () => {
    const sent = await fill();
    const ends = await Promise.all([flush().end, flushInPython().end, flush().end, flushInPython().end]);
    expect(ends.map(({ code }) => code)).toStrictEqual([0, 0, 0, 0]);
    expect(ends.map(sentBy).reduce((sum, count) => sum + count)).toBe(COUNT + 1);
    await scene.readBack(sent);
    expect(await scene.jobState()).toBe('COMPLETED');
  });

  test.each(['flock', 'perl'])('waits, by means of %s, for a Python process that is killed then', async (helper) => {
    await command(['task', '1', '--state', 'COMPLETED'], away());
    const holding = `import fcntl, sys; lock = open(sys.argv[1]); fcntl.flock(lock, fcntl.LOCK_EX); print("held", flush=True); sys.stdin.read()`;
    const lock = join(scene.spool, `simulation-${scene.job.job_id}`, 'lock');
    const python = new PythonWorker('python3', ['-c', holding, lock], {});
    await until(() => python.lines.length === 1);
    const variables = { ...scene.overHttp(), PATH: await pathOf(helper) };
    expect((await command(['flush', '--patience', '0'], variables)).code).toBe(3);
    const waiting = flush(variables);
    python.kill();
    expect(await waiting.end).toMatchObject({ code: 0, output: 'sent 1, set aside 0, still waiting 0' });
  });

  test('goes without a lock where nothing can lock', async () => {
    await command(['task', '1', '--state', 'COMPLETED'], away());
    expect(sentBy(await flush({ ...scene.overHttp(), PATH: scene.spool }).end)).toBe(1);
  });

  test('keeps a Python process out while it sends, and no longer when it is killed', async () => {
    await command(['task', '1', '--state', 'COMPLETED'], away());
    const stuck = await answering([]);
    const holder = flush(scene.environment({ TALLYHOUSE_URL: stuck.url }));
    await until(() => stuck.asked.length === 1);
    const args = ['-m', 'tallyhouse_worker', 'flush', '--patience', '0'];
    expect((await new PythonWorker('python3', args, scene.overHttp()).feed('').end).code).toBe(3);
    holder.kill();
    await holder.end;
    expect(sentBy(await flushInPython().end)).toBe(1);
    stuck.close();
  });

  test('sends what the Python client kept', async () => {
    const program = `
from tallyhouse_worker import Worker
values = [0.5, -0.0, 1e300] * 2000
page = {"page_number": 0, "data": {"values": values, "dimensions": [values]}}
print(Worker().results([{"name": "ż/1", "pages": [page]}]).spooled)
`;
    await new PythonWorker('python3', ['-c', program], away()).feed('').end;
    expect(sentBy(await flush().end)).toBe(1);
    const values = Array(2000).fill([0.5, -0, 1e300]).flat() as number[];
    await scene.readBack({ 'ż/1 0': [...values, ...values].map(bits).join('') });
  });

  test('works over RabbitMQ as well', async () => {
    const sent = await fill();
    expect(sentBy(await flush(scene.overAmqp()).end)).toBe(COUNT + 1);
    await scene.readBack(sent);
    await scene.untilCompleted();
  });

  test('without a service keeps everything and says so', async () => {
    await fill();
    const { code, output } = await command(['flush', '--patience', '0'], away());
    expect([code, output]).toStrictEqual([3, `sent 0, set aside 0, still waiting ${COUNT + 1}`]);
  });

  test('sets aside what is refused or damaged, with the reason, and sends the others', async () => {
    const states = ['RUNNING', 'COMPLETD', 'COMPLETED'];
    for (const [index, state] of states.entries()) {
      expect((await command(['task', String(index), '--state', state], away())).code).toBe(3);
    }
    expect((await command(['task', '7', '--state', 'FAILED'], away())).code).toBe(3);
    await writeFile(join(scene.spool, (await scene.waiting())[3] ?? ''), 'what a failing disk left');
    const { code, output, complaints } = await command(['flush'], scene.overHttp());
    expect([code, output]).toStrictEqual([4, 'sent 2, set aside 2, still waiting 0']);
    expect(complaints).toContain('task_state');
    expect(complaints).toContain('damaged');
    const { tasks } = await scene.read<{ tasks: { task_id: number }[] }>('/tasks');
    expect(tasks.map(({ task_id }) => task_id)).toStrictEqual([0, 2]);
    expect((await scene.kept()).filter((name) => name.endsWith('.refused'))).toHaveLength(2);
    // Once is enough: nothing waits any more.
    expect((await command(['flush'], scene.overHttp())).code).toBe(0);
  });
});

describe('what the service refuses', () => {
  test.each([
    ['a wrong key', `new Worker({ updateKey: 'x'.repeat(40) }).task(1, { state: 'RUNNING' })`, 403, /./],
    [
      'a wrong key, known long before the end of an upload,',
      `new Worker({ updateKey: 'x'.repeat(40), messageBytes: 2 ** 30 })
        .results([{ name: 'a', pages: [page(0, doubles(1, 300000))] }])`,
      403,
      /./,
    ],
    ['a wrong shape', `new Worker().task(1, { state: 'DONE' })`, 400, /task_state/],
    ['a wrong page', `new Worker().results([{ name: 'a', pages: [{ page_number: 1 }] }])`, 400, /data/],
    ['no such path', `new Worker({ httpUrl: process.env.TALLYHOUSE_URL + '/nowhere' }).task(1)`, 404, /./],
    ['too much', `new Worker().logfiles({ a: 'x'.repeat(68000000) })`, 413, /67108864/],
  ])('%s is an error with its words, at once, and is not kept', async (_, expression, status, message) => {
    const program = `await ${expression}.catch((error) => say([error.status, error.reason, String(error)]));`;
    const variables = { ...scene.overHttp(), TALLYHOUSE_PATIENCE: '60' };
    const [[found, words, whole] = []] = (await run(program, variables)) as string[][];
    expect(found).toBe(status);
    expect(words).toMatch(message);
    expect(whole).toBe(`Refused: the server refused: ${words ?? ''} (HTTP ${status})`);
    expect(await scene.waiting()).toStrictEqual([]);
  });

  test('is no error of the spool folder when it comes after the service was away', async () => {
    const http = await TcpProxy.to(scene.service.url);
    http.cut();
    const program = `
await new Worker({ patience: 60 }).task(1, { state: 'DONE' }).catch((error) => say(error.status));
`;
    const worker = TypeScriptWorker.program(program, scene.environment({ TALLYHOUSE_URL: http.url }));
    await eventually(async () => expect(await scene.waiting()).toHaveLength(1));
    http.heal();
    expect(await worker.feed('').end).toMatchObject({ code: 0, output: '400' });
    expect(await scene.kept()).toStrictEqual(['lock']);
    await http.close();
  });
});

describe('a service that is overloaded', () => {
  const patient = (url: string) => scene.environment({ TALLYHOUSE_URL: url, TALLYHOUSE_PATIENCE: '60' });

  test('is asked again after the time that it named', async () => {
    const server = await answering([503, 429, 202], '1');
    expect(await command(['task', '1', '--state', 'RUNNING'], patient(server.url))).toMatchObject({
      code: 0,
      output: 'sent 1 (0 by RabbitMQ, 1 by HTTP), kept 0 for later',
    });
    const [first = 0, second = 0, third = 0] = server.asked;
    expect(Math.min(second - first, third - second)).toBeGreaterThan(990);
    server.close();
  });

  test('and asks for more time than there is: the message is kept, and nobody waits', async () => {
    const server = await answering([503], '500');
    const program = `
const worker = new Worker();
const spooled = [];
for (let n = 0; n < 3; n += 1) spooled.push((await worker.task(n, { state: 'RUNNING' })).spooled);
say(spooled);
`;
    expect(await run(program, patient(server.url))).toStrictEqual([[1, 1, 1]]);
    expect(server.asked).toHaveLength(1);
    expect(await scene.waiting()).toHaveLength(3);
    server.close();
  });

  test('and never answers: the wait ends', async () => {
    const server = await answering([]);
    const program = `say((await new Worker({ answerTimeout: 0.5 }).task(1, { state: 'RUNNING' })).spooled);`;
    expect(await run(program, scene.environment({ TALLYHOUSE_URL: server.url }))).toStrictEqual([1]);
    server.close();
  });

  test('and reads nothing of a large upload: the wait ends', async () => {
    const http = await TcpProxy.to(scene.service.url);
    http.spoil({ held: true }, ['up']);
    const program = `
const values = doubles(1, 1000000);
const worker = new Worker({ stallTimeout: 0.5, answerTimeout: 600, messageBytes: 2 ** 30 });
say((await worker.results([{ name: 'a', pages: [page(0, values)] }])).spooled);
`;
    expect(await run(program, scene.environment({ TALLYHOUSE_URL: http.url }))).toStrictEqual([1]);
    await http.close();
  });
});

describe('the command line', () => {
  test('sends results, logs, task states and job states from a shell script', async () => {
    const file = join(scene.spool, 'results.json');
    const values = [0.1, -0, 1e-300, Number('12345678901234567890'), null];
    const text = `[0.1, -0, 1e-300, 12345678901234567890, NaN]`;
    const pages = `[{"page_number": 1, "data": {"values": ${text}, "dimensions": [[1, 2, 3, 4, 5]], "unit": "Gy"}}]`;
    await writeFile(file, `{"message": "", "estimators": [{"name": "a", "pages": ${pages}}]}`);
    await writeFile(join(scene.spool, 'run.log'), 'Starting\n');
    const log = `merge.log=${join(scene.spool, 'run.log')}`;
    const steps: [string[], string?][] = [
      [['task', '1', '--state', 'RUNNING', '--simulated-primaries', '5', '--start-time', 'now']],
      [['logs', '--task', '1', join(scene.spool, 'run.log'), 'stdin=-'], 'from a pipe'],
      [['job', 'MERGING_RUNNING', '--log', log, '--end-time', '2026-11-25T10:00:00Z']],
      [['results', file, '--partial', '--revision', '3']],
      [['results', '-', '--pages-total', '1'], '{"estimators": []}'],
    ];
    for (const [args, input] of steps) {
      const { code, output, complaints } = await command(args, scene.overHttp(), input);
      expect([args[0], code, output, complaints]).toStrictEqual([
        args[0],
        0,
        'sent 1 (0 by RabbitMQ, 1 by HTTP), kept 0 for later',
        '',
      ]);
    }
    await scene.readBack({ 'a 1': [...values, 1, 2, 3, 4, 5].map(bits).join('') });
    expect(await scene.jobState()).toBe('COMPLETED');
    const logfiles = { 'task_1/run.log': 'Starting\n', 'task_1/stdin': 'from a pipe', 'merge.log': 'Starting\n' };
    expect(await scene.read('/logfiles')).toStrictEqual({ message: 'Logfiles', logfiles });
  });

  test.each([
    [['task', '1', '--state', 'DONE'], {}, 4, /the server refused: .*task_state.* \(HTTP 400\)/],
    [['task', '1', '--state', 'RUNNING'], { TALLYHOUSE_URL: UNUSED }, 3, /kept in the spool folder/],
    [['task', 'one'], {}, 2, /the id of a task: must be a number/],
    [['task', '1', '--stat', 'RUNNING'], {}, 2, /--stat/],
    [['results', '/nowhere.json'], {}, 2, /nowhere\.json/],
    [['results', '-'], {}, 2, /not JSON: the end is not expected/],
    [['logs', 'a=-', 'a=-'], {}, 2, /two files would be stored as a/],
    [['task', '1'], { UPDATE_KEY: '' }, 2, /update_key: set it, or UPDATE_KEY/],
    [['task', '1'], { TALLYHOUSE_URL: '' }, 2, /set TALLYHOUSE_URL, RABBITMQ_URL or both/],
    [['task', '1'], { TALLYHOUSE_URL: 'localhost:3000' }, 2, /must be like http/],
    [['task', '1'], { RABBITMQ_URL: 'http://user:secret@host' }, 2, /must be like amqp/],
    [['task', '1'], { TALLYHOUSE_SPOOL_BYTES: 'much' }, 2, /TALLYHOUSE_SPOOL_BYTES: must be a number/],
    [['unheard-of'], {}, 2, /invalid choice/],
  ])('%j with %j exits with %d and says why', async (args, more, expected, complaint) => {
    const { code, complaints } = await command(args, { ...scene.overHttp(), ...more });
    expect([code, complaints]).toStrictEqual([expected, expect.stringMatching(complaint)]);
    expect(complaints).not.toContain('secret');
  });

  test('explains itself', async () => {
    const commands = ['results', 'logs', 'task', 'job', 'flush'];
    for (const args of [[], ...commands.map((name) => [name])]) {
      const { code, output } = await command([...args, '--help'], {});
      expect(code).toBe(0);
      for (const name of ['TALLYHOUSE_SPOOL', 'UPDATE_KEY', 'exit codes']) expect(output).toContain(name);
    }
    const { output } = await command(['--help'], {});
    for (const name of commands) expect(output).toContain(name);
  });
});

/** One call of each method, with all kinds of doubles in both page shapes. */
const EVERYTHING = `
const values = doubles(1, 400);
const beyond = { dimensions: 0, metadata: { page_number: '4' }, data: { values: [NaN] } };
const axis = { name: 'Position (Z)', unit: 'cm', values: Float64Array.from(values).reverse() };
const shape = { dimensions: 1, metadata: { page_number: '5' }, data: { values, unit: 'Gy' }, axis_dim1: axis };
const estimators = [{ name: 'z', metadata: { n: '1' }, pages: [page(3, values), beyond, shape] }];
const worker = new Worker();
const receipts = [
  await worker.task(1, { task_state: 'RUNNING', simulated_primaries: 500, start_time: new Date('2026-11-24T09:30:00Z') }),
  await worker.logfiles({ stdout: 'Zażółć \\x01\\n' }, 1),
  await worker.tasks([{ task_id: 1, update_dict: { task_state: 'COMPLETED', simulated_primaries: 900 } },
                      { task_id: 2, state: 'FAILED' }]),
  await worker.job('MERGING_RUNNING', { log: { 'collect.log': Buffer.from('merging…\\n') } }),
  await worker.results(estimators, { partial: true, revision: 1 }),
  await worker.results(estimators, { revision: 2 }),
];
await worker.close();
say(receipts);
say({ 'z 3': hexes(values), 'z 4': 'null', 'z 5': hexes(values) });
`;

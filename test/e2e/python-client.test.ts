import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answering, blockingBroker } from '../support/answering-server.js';
import { eventually, TestBroker, until } from '../support/amqp.js';
import { findPika } from '../support/pika.js';
import { PythonWorker, WITHOUT_PIKA } from '../support/python-worker.js';
import { startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import type { WorkerEnd } from '../support/worker-process.js';
import { bits, UNUSED, WorkerScene } from '../support/worker-scene.js';

const pythonWithPika = findPika();
const python = pythonWithPika ?? 'python3';
/** Said on stderr where it is left out; CI has pika. The client itself is tested without it too. */
const withPika = pythonWithPika === undefined ? test.skip : test;
let scene: WorkerScene;

beforeAll(async () => {
  scene = await WorkerScene.open();
});
afterAll(() => scene.close());
beforeEach(() => scene.beginTest());
afterEach(async () => expect(await scene.endTest()).toStrictEqual([]));

function start(program: string, variables: Record<string, string>, before = ''): PythonWorker {
  return new PythonWorker(python, ['-c', before + PRELUDE + program], variables);
}

/** Runs a program to its end; throws where it fails. Resolves with the JSON of each line that it printed. */
async function run(program: string, variables: Record<string, string>, before = ''): Promise<unknown[]> {
  const { code, output, complaints } = await start(program, variables, before).feed('').end;
  if (code !== 0) throw new Error(`Python ended with ${String(code)}: ${complaints}`);
  expect(complaints).not.toContain(scene.job.update_key);
  return output.split('\n').map((line) => JSON.parse(line) as unknown);
}

/** Runs the command line. */
async function command(args: readonly string[], variables: Record<string, string>, input = ''): Promise<WorkerEnd> {
  const end = await new PythonWorker(python, ['-m', 'tallyhouse_worker', ...args], variables).feed(input).end;
  expect(end.output + end.complaints).not.toContain(scene.job.update_key);
  return end;
}

test.each([
  ['the Python of the path', 'python3'],
  ['a Python with pika', python],
])('its rules hold in %s', async (_, interpreter) => {
  const { code, complaints } = await new PythonWorker(interpreter, ['-W', 'error', '-m', 'unittest'], {}).feed('').end;
  expect([code, complaints]).toStrictEqual([0, expect.stringMatching(/Ran \d\d tests.*OK/s)]);
});

describe('all that a worker sends', () => {
  async function everything(variables: Record<string, string>, doors: object, before = ''): Promise<void> {
    const [receipts, sent] = await run(EVERYTHING, variables, before);
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

  withPika('goes over RabbitMQ, and is read back bit for bit', () => everything(scene.overAmqp(), { amqp: 1 }));

  test('goes over HTTP where pika is not installed, broker or not', () =>
    everything({ ...scene.overHttp(), RABBITMQ_URL: scene.broker.url }, { http: 1 }, WITHOUT_PIKA));

  withPika.each([
    ['there is no such exchange', { EXCHANGE: 'nowhere' }],
    ['the broker refuses the login', { RABBITMQ_URL: 'amqp://nobody:wrong@' }],
    ['no broker listens', { RABBITMQ_URL: 'amqp://127.0.0.1:9' }],
  ])('goes over HTTP where %s', async (_, { RABBITMQ_URL = scene.broker.url, ...more }: Record<string, string>) => {
    const url = RABBITMQ_URL.endsWith('@') ? RABBITMQ_URL + new URL(scene.broker.url).host : RABBITMQ_URL;
    await everything({ ...scene.overHttp(), RABBITMQ_URL: url, ...more }, { http: 1 });
  });

  withPika('goes over HTTP where no queue takes the message', async () => {
    const channel = await scene.broker.anotherChannel();
    const exchange = `${scene.broker.prefix}unbound`;
    await channel.assertExchange(exchange, 'topic', { durable: false });
    await everything({ ...scene.overHttp(), RABBITMQ_URL: scene.broker.url, EXCHANGE: exchange }, { http: 1 });
    await channel.deleteExchange(exchange);
    await channel.close();
  });

  withPika('goes over HTTP where the queue is full', async () => {
    const channel = await scene.broker.anotherChannel();
    const exchange = `${scene.broker.prefix}full`;
    await channel.assertExchange(exchange, 'topic', { durable: false });
    const full = { arguments: { 'x-max-length': 0, 'x-overflow': 'reject-publish' }, exclusive: true };
    const { queue } = await channel.assertQueue('', full);
    await channel.bindQueue(queue, exchange, '#');
    await everything({ ...scene.overHttp(), RABBITMQ_URL: scene.broker.url, EXCHANGE: exchange }, { http: 1 });
    await channel.deleteExchange(exchange);
    await channel.close();
  });
});

describe('a result that is larger than a message', () => {
  const PARTS = `
pages = {number: doubles(number, 5000 if number == 7 else 300) for number in range(40)}
with Worker() as worker:
    receipt = worker.results([{"name": name, "pages": [page(n, v) for n, v in pages.items() if n % 3 == rest]}
                              for rest, name in enumerate("abc")])
say([receipt._asdict(), {"abc"[n % 3] + " %d" % n: hexes(v) for n, v in pages.items()}])
`;

  withPika('goes in parts, a page over the limit by HTTP, and is final once all pages are there', async () => {
    const [[receipt, sent] = []] = (await run(PARTS, { ...scene.overHttp(), RABBITMQ_URL: scene.broker.url })) as [
      unknown,
      object,
    ][];
    expect(receipt).toMatchObject({ http: 1, spooled: 0 });
    expect((receipt as { amqp: number }).amqp).toBeGreaterThan(4);
    await scene.readBack(sent);
    await eventually(async () => expect(await scene.jobState()).toBe('COMPLETED'));
    expect(await scene.pagesTotal()).toBe(40);
  });

  withPika('of 2.4 million numbers goes over RabbitMQ at the limits that ship', async () => {
    const another = await TestBroker.open();
    const instance = await startService(scene.database.url, { ...another.settings, ROLE: 'consumer' });
    const program = `
pages = {number: doubles(number, 60000) for number in range(20)}
with Worker(message_bytes=16 * 2**20) as worker:
    receipt = worker.results([{"name": "a", "pages": [page(n, v) for n, v in pages.items()]}])
say([receipt._asdict(), {"a %d" % n: hexes(v) for n, v in pages.items()}])
`;
    const variables = scene.environment({ RABBITMQ_URL: scene.broker.url, EXCHANGE: `${another.prefix}ingest` });
    const [[receipt, sent] = []] = (await run(program, variables)) as [unknown, object][];
    expect(receipt).toStrictEqual({ amqp: 5, http: 0, other: 0, spooled: 0 });
    await eventually(async () => expect(await scene.jobState()).toBe('COMPLETED'));
    await scene.readBack(sent);
    await instance.end();
    await another.close();
  });

  withPika('is refused before anything is sent where a page needs HTTP and no address is set', async () => {
    const program = `
try:
    Worker().results([{"name": "a", "pages": [page(0, doubles(1, 5000))]}])
except ValueError as error:
    say(str(error))
`;
    expect(await run(program, scene.overAmqp())).toStrictEqual([expect.stringContaining('set TALLYHOUSE_URL as well')]);
  });

  test('log files are split between files, and a single large one goes whole', async () => {
    const program = `
files = {"%d.log" % n: chr(97 + n) * (200000 if n == 3 else 20000) for n in range(12)}
say(Worker().logfiles(files, task_id=0)._asdict())
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
worker = Worker()
for n in range(3):
    worker.results([{"name": "a", "pages": [page(n, doubles(n, 10))]}], partial=True, revision=n)
say(worker.results([{"name": "a", "pages": [page(2, doubles(5, 10)), page(3, doubles(3, 10))]}], revision=9)._asdict())
`;
    await run(program, scene.overHttp());
    expect(await scene.jobState()).toBe('COMPLETED');
    expect(await scene.pagesTotal()).toBe(4);
  });
});

/** Sends one page a line of input, and prints what became of it; at the end of input, a final result. */
const PAGE_A_LINE = `
sent = {}
with Worker(**json.loads(os.environ.get("OPTIONS", "{}"))) as worker:
    for number, _ in enumerate(sys.stdin):
        values = doubles(number, 1000)
        sent["a %d" % number] = hexes(values)
        say(worker.results([{"name": "a", "pages": [page(number, values)]}], partial=True)._asdict())
    say(worker.results([])._asdict())
say(sent)
`;

describe('while the network fails', () => {
  async function lines(worker: PythonWorker, count: number): Promise<Record<string, number>> {
    worker.tell('next');
    const ended = worker.end.then(({ complaints }) => Promise.reject(new Error(complaints)));
    await Promise.race([until(() => worker.lines.length >= count), ended]);
    return JSON.parse(worker.lines[count - 1] ?? '') as Record<string, number>;
  }

  withPika.each([
    ['is cut', (proxy: TcpProxy) => proxy.cut()],
    ['falls silent', (proxy: TcpProxy) => proxy.freeze()],
  ])('what follows goes over HTTP when the broker %s in the middle, and nothing is lost', async (_, fail) => {
    const proxy = await TcpProxy.to(scene.broker.url);
    const OPTIONS = JSON.stringify({ confirm_timeout: 0.5, connect_timeout: 2 });
    const worker = start(PAGE_A_LINE, { ...scene.overHttp(), RABBITMQ_URL: proxy.url, OPTIONS });
    for (let count = 1; count <= 3; count++) expect(await lines(worker, count)).toMatchObject({ amqp: 1 });
    fail(proxy);
    for (let count = 4; count <= 6; count++) expect(await lines(worker, count)).toMatchObject({ http: 1 });
    const { code, output } = await worker.feed('').end;
    expect(code).toBe(0);
    await scene.readBack(JSON.parse(output.split('\n').at(-1) ?? ''));
    await eventually(async () => expect(await scene.jobState()).toBe('COMPLETED'));
    await proxy.close();
  });

  withPika('a broker that blocks the connection, being out of disk, is not waited for', async () => {
    const blocking = await blockingBroker(scene.broker.url, 'tasks.update');
    const variables = { ...scene.overHttp(), RABBITMQ_URL: blocking.url };
    const { code, output, complaints } = await command(['task', '1', '--state', 'RUNNING', '--verbose'], variables);
    blocking.close();
    expect([code, output]).toStrictEqual([0, 'sent 1 (0 by RabbitMQ, 1 by HTTP), kept 0 for later']);
    expect(complaints).toContain('connection blocked');
  });

  withPika('a connection that the broker closed in a pause is opened again, without a word', async () => {
    const proxy = await TcpProxy.to(scene.broker.url);
    const worker = start(PAGE_A_LINE, scene.environment({ RABBITMQ_URL: proxy.url }));
    expect(await lines(worker, 1)).toMatchObject({ amqp: 1 });
    proxy.cut();
    proxy.heal();
    expect(await lines(worker, 2)).toMatchObject({ amqp: 1 });
    const { output, complaints } = await worker.feed('').end;
    await scene.readBack(JSON.parse(output.split('\n').at(-1) ?? ''));
    expect(complaints).not.toContain('kept in the spool');
    await proxy.close();
  });

  test('what nobody takes is kept, unreadable for others, and the next call sends it first', async () => {
    const [http, amqp] = [await TcpProxy.to(scene.service.url), await TcpProxy.to(scene.broker.url)];
    const worker = start(PAGE_A_LINE, scene.environment({ TALLYHOUSE_URL: http.url, RABBITMQ_URL: amqp.url }));
    expect(await lines(worker, 1)).toMatchObject({ spooled: 0 });
    for (const proxy of [http, amqp]) proxy.cut();
    for (let count = 2; count <= 4; count++) expect(await lines(worker, count)).toMatchObject({ spooled: 1 });
    const kept = await scene.waiting();
    expect(kept).toHaveLength(3);
    for (const name of kept) expect((await stat(join(scene.spool, name))).mode & 0o777).toBe(0o600);
    for (const proxy of [http, amqp]) proxy.heal();
    expect(await lines(worker, 5)).toMatchObject({ spooled: 0 });
    expect(await scene.waiting()).toStrictEqual([]);
    const { output } = await worker.feed('').end;
    await scene.readBack(JSON.parse(output.split('\n').at(-1) ?? ''));
    await eventually(async () => expect(await scene.jobState()).toBe('COMPLETED'));
    for (const proxy of [http, amqp]) await proxy.close();
  });

  test('an older version of a page, sent late, never comes after a newer one', async () => {
    const http = await TcpProxy.to(scene.service.url);
    const variables = scene.environment({ TALLYHOUSE_URL: http.url });
    const program = (version: number) => `
values = doubles(${version}, 10)
Worker().results([{"name": "a", "pages": [page(0, values)]}], partial=True)
say({"a 0": hexes(values)})
`;
    http.cut();
    await run(program(1), variables);
    await run(program(2), variables);
    http.heal();
    const [newest] = await run(program(3), variables);
    await scene.readBack(newest);
    await http.close();
  });

  test('a worker that is patient waits until the service is back', async () => {
    const http = await TcpProxy.to(scene.service.url);
    http.cut();
    const worker = start(PAGE_A_LINE, scene.environment({ TALLYHOUSE_URL: http.url, TALLYHOUSE_PATIENCE: '60' }));
    worker.tell('next');
    await eventually(async () => expect(await scene.waiting()).toHaveLength(1));
    http.heal();
    await until(() => worker.lines.length === 1);
    expect(JSON.parse(worker.lines[0] ?? '')).toMatchObject({ http: 1, spooled: 0 });
    expect(await scene.waiting()).toStrictEqual([]);
    await worker.feed('').end;
    await http.close();
  });

  test('a line that breaks in mid-upload costs nothing: what was on its way is kept, then sent', async () => {
    const http = await TcpProxy.to(scene.service.url);
    const program = `
values = doubles(1, 400000)
say(Worker(message_bytes=2**30).results([{"name": "a", "pages": [page(0, values)]}])._asdict())
say({"a 0": hexes(values)})
`;
    const worker = start(program, scene.environment({ TALLYHOUSE_URL: http.url })).feed('');
    await until(() => http.connections === 1);
    http.cut();
    const { output } = await worker.end;
    const [receipt, sent] = output.split('\n').map((line) => JSON.parse(line) as unknown);
    expect(receipt).toMatchObject({ spooled: 1 });
    http.heal();
    expect(await command(['flush'], scene.environment({ TALLYHOUSE_URL: http.url }))).toMatchObject({ code: 0 });
    await scene.readBack(sent);
    await http.close();
  });

  test('a worker that is killed while it waits has lost nothing: a flush sends it', async () => {
    const program = 'Worker(patience=600).task(1, state="COMPLETED", simulated_primaries=7)';
    const worker = start(program, scene.environment({ TALLYHOUSE_URL: UNUSED }));
    await eventually(async () => expect(await scene.waiting()).toHaveLength(1));
    worker.kill();
    await worker.end;
    expect(await command(['flush'], scene.overHttp())).toMatchObject({ code: 0 });
    expect(await scene.read('/tasks')).toMatchObject({ tasks: [{ task_state: 'COMPLETED', simulated_primaries: 7 }] });
  });

  test('what it tells of its tries holds neither key nor password', async () => {
    const RABBITMQ_URL = 'amqp://worker:secret@127.0.0.1:9';
    const { code, complaints } = await command(
      ['task', '1', '--verbose', '--patience', '1'],
      scene.environment({ TALLYHOUSE_URL: UNUSED, RABBITMQ_URL }),
    );
    expect(code).toBe(3);
    expect(complaints).toMatch(/tasks\.update is not sent: .*ConnectionRefusedError/);
    expect(complaints).not.toContain('secret');
  });

  test.each([
    ['does not fit into the spool folder', { TALLYHOUSE_SPOOL_BYTES: '1000' }, /refused.*is full \(1000 bytes\)/],
    ['finds a file in the place of the spool folder', { TALLYHOUSE_SPOOL: process.execPath }, /can't be written/],
  ])('what %s is an error, never silence', async (_, more, message) => {
    const program = `
try:
    Worker().results([{"name": "a", "pages": [page(0, doubles(1, 5000))]}])
except NotSent as error:
    say(str(error))
`;
    const variables = scene.environment({ TALLYHOUSE_URL: UNUSED, ...more });
    expect(await run(program, variables)).toStrictEqual([expect.stringMatching(message)]);
    const { code } = await command(['results', '-'], variables, JSON.stringify([{ name: 'x'.repeat(900), pages: [] }]));
    expect(code).toBe(5);
    expect(await scene.waiting()).toStrictEqual([]);
  });
});

describe('a flush', () => {
  const COUNT = 60;

  /** Fills the spool folder; resolves with what must be read back. */
  async function fill(): Promise<unknown> {
    const worker = start(PAGE_A_LINE, scene.environment({ TALLYHOUSE_URL: UNUSED }));
    const { output } = await worker.feed('next\n'.repeat(COUNT)).end;
    expect(await scene.waiting()).toHaveLength(COUNT + 1);
    return JSON.parse(output.split('\n').at(-1) ?? '');
  }
  const sentBy = ({ output }: WorkerEnd) => Number(/sent (\d+), set aside 0, still waiting 0/.exec(output)?.[1]);
  const flush = (variables = scene.overHttp()) =>
    new PythonWorker(python, ['-m', 'tallyhouse_worker', 'flush', '--patience', '40'], variables).feed('');

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

  test('beside another one sends every message once', async () => {
    const sent = await fill();
    const ends = await Promise.all([flush().end, flush().end, flush().end]);
    expect(ends.map(({ code }) => code)).toStrictEqual([0, 0, 0]);
    expect(ends.map(sentBy).reduce((sum, count) => sum + count)).toBe(COUNT + 1);
    await scene.readBack(sent);
    expect(await scene.jobState()).toBe('COMPLETED');
  });

  withPika('works over RabbitMQ as well', async () => {
    const sent = await fill();
    expect(sentBy(await flush(scene.overAmqp()).end)).toBe(COUNT + 1);
    await scene.readBack(sent);
    await eventually(async () => expect(await scene.jobState()).toBe('COMPLETED'));
  });

  test('without a service keeps everything and says so', async () => {
    await fill();
    const { code, output } = await command(['flush', '--patience', '0'], scene.environment({ TALLYHOUSE_URL: UNUSED }));
    expect([code, output]).toStrictEqual([3, `sent 0, set aside 0, still waiting ${COUNT + 1}`]);
  });

  test('sets aside what is refused or damaged, with the reason, and sends the others', async () => {
    const away = scene.environment({ TALLYHOUSE_URL: UNUSED });
    const states = ['RUNNING', 'COMPLETD', 'COMPLETED'];
    for (const [index, state] of states.entries()) {
      expect((await command(['task', String(index), '--state', state], away)).code).toBe(3);
    }
    expect((await command(['task', '7', '--state', 'FAILED'], away)).code).toBe(3);
    await writeFile(join(scene.spool, (await scene.waiting())[3] ?? ''), 'what a failing disk left');
    const { code, output, complaints } = await command(['flush'], scene.overHttp());
    expect([code, output]).toStrictEqual([4, 'sent 2, set aside 2, still waiting 0']);
    expect(complaints).toContain('task_state');
    expect(complaints).toContain('damaged');
    const { tasks } = await scene.read<{ tasks: { task_id: number }[] }>('/tasks');
    expect(tasks.map(({ task_id }) => task_id)).toStrictEqual([0, 2]);
    const aside = await scene.kept();
    expect(aside.filter((name) => name.endsWith('.refused'))).toHaveLength(2);
    // Once is enough: nothing waits any more.
    expect((await command(['flush'], scene.overHttp())).code).toBe(0);
  });
});

describe('what the service refuses', () => {
  test.each([
    ['a wrong key', 'Worker(update_key="x" * 40).task(1, state="RUNNING")', 403, /./],
    ['a wrong shape', 'Worker().task(1, state="DONE")', 400, /task_state/],
    ['a wrong page', 'Worker().results([{"name": "a", "pages": [{"page_number": 1}]}])', 400, /data/],
    ['no such path', 'Worker(http_url=os.environ["TALLYHOUSE_URL"] + "/nowhere").task(1)', 404, /./],
    ['too much', 'Worker().logfiles({"a": "x" * 68000000})', 413, /67108864/],
  ])('%s is an error with its words, at once, and is not kept', async (_, expression, status, message) => {
    const program = `
try:
    ${expression}
except Refused as error:
    say([error.status, error.message, str(error)])
`;
    const variables = { ...scene.overHttp(), TALLYHOUSE_PATIENCE: '60' };
    const [[found, words, whole] = []] = (await run(program, variables)) as string[][];
    expect(found).toBe(status);
    expect(words).toMatch(message);
    expect(whole).toBe(`the server refused: ${words ?? ''} (HTTP ${status})`);
    expect(await scene.waiting()).toStrictEqual([]);
  });

  test('is no error of the spool folder when it comes after the service was away', async () => {
    const http = await TcpProxy.to(scene.service.url);
    http.cut();
    const program = `
try:
    Worker(patience=60).task(1, state="DONE")
except Refused as error:
    say(error.status)
`;
    const worker = start(program, scene.environment({ TALLYHOUSE_URL: http.url }));
    await eventually(async () => expect(await scene.waiting()).toHaveLength(1));
    http.heal();
    expect(await worker.feed('').end).toMatchObject({ code: 0, output: '400' });
    expect(await scene.kept()).toStrictEqual(['lock']);
    await http.close();
  });
});

describe('a service that is overloaded', () => {
  test('is asked again after the time that it named', async () => {
    const server = await answering([503, 429, 202], '1');
    const variables = scene.environment({ TALLYHOUSE_URL: server.url, TALLYHOUSE_PATIENCE: '60' });
    expect(await command(['task', '1', '--state', 'RUNNING'], variables)).toMatchObject({
      code: 0,
      output: 'sent 1 (0 by RabbitMQ, 1 by HTTP), kept 0 for later',
    });
    const [first = 0, second = 0, third = 0] = server.asked;
    expect(Math.min(second - first, third - second)).toBeGreaterThan(990);
    server.close();
  });

  test('and asks for more time than there is: the message is kept, and nobody waits', async () => {
    const server = await answering([503], '500');
    const variables = scene.environment({ TALLYHOUSE_URL: server.url, TALLYHOUSE_PATIENCE: '60' });
    const program = 'w = Worker()\nsay([w.task(n, state="RUNNING").spooled for n in range(3)])';
    expect(await run(program, variables)).toStrictEqual([[1, 1, 1]]);
    expect(server.asked).toHaveLength(1);
    expect(await scene.waiting()).toHaveLength(3);
    server.close();
  });

  test('and never answers: the wait ends', async () => {
    const server = await answering([]);
    const program = 'say(Worker(answer_timeout=0.5).task(1, state="RUNNING").spooled)';
    expect(await run(program, scene.environment({ TALLYHOUSE_URL: server.url }))).toStrictEqual([1]);
    server.close();
  });
});

describe('the command line', () => {
  test('sends results, logs, task states and job states from a shell script', async () => {
    const file = join(scene.spool, 'results.json');
    const values = [0.1, -0, 1e-300, Number('12345678901234567890')];
    const text = `[0.1, -0, 1e-300, 12345678901234567890]`;
    const pages = `[{"page_number": 1, "data": {"values": ${text}, "dimensions": [[1, 2, 3, 4]], "unit": "Gy"}}]`;
    await writeFile(file, `{"message": "", "estimators": [{"name": "a", "pages": ${pages}}]}`);
    await writeFile(join(scene.spool, 'run.log'), 'Starting\n');
    const steps: [string[], string?][] = [
      [['task', '1', '--state', 'RUNNING', '--simulated-primaries', '5', '--start-time', 'now']],
      [['logs', '--task', '1', join(scene.spool, 'run.log'), 'stdin=-'], 'from a pipe'],
      [
        [
          'job',
          'MERGING_RUNNING',
          '--log',
          `merge.log=${join(scene.spool, 'run.log')}`,
          '--end-time',
          '2026-11-25T10:00:00Z',
        ],
      ],
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
    await scene.readBack({ 'a 1': [...values, 1, 2, 3, 4].map(bits).join('') });
    expect(await scene.jobState()).toBe('COMPLETED');
    const logfiles = { 'task_1/run.log': 'Starting\n', 'task_1/stdin': 'from a pipe', 'merge.log': 'Starting\n' };
    expect(await scene.read('/logfiles')).toStrictEqual({ message: 'Logfiles', logfiles });
  });

  test.each([
    [['task', '1', '--state', 'DONE'], {}, 4, /the server refused: .*task_state.* \(HTTP 400\)/],
    [['task', '1', '--state', 'RUNNING'], { TALLYHOUSE_URL: UNUSED }, 3, /kept in the spool folder/],
    [['results', '/nowhere.json'], {}, 2, /nowhere\.json/],
    [['results', '-'], {}, 2, /Expecting value/],
    [['logs', 'a=-', 'a=-'], {}, 2, /two files would be stored as a/],
    [['task', '1'], { UPDATE_KEY: '' }, 2, /update_key: set it, or UPDATE_KEY/],
    [['task', '1'], { TALLYHOUSE_URL: '' }, 2, /set TALLYHOUSE_URL, RABBITMQ_URL or both/],
    [['task', '1'], { TALLYHOUSE_URL: 'localhost:3000' }, 2, /must be like http/],
    [['task', '1'], { TALLYHOUSE_SPOOL_BYTES: 'much' }, 2, /TALLYHOUSE_SPOOL_BYTES: must be a number/],
    [['unheard-of'], {}, 2, /invalid choice/],
  ])('%j with %j exits with %d and says why', async (args, more, expected, complaint) => {
    const { code, complaints } = await command(args, { ...scene.overHttp(), ...more });
    expect([code, complaints]).toStrictEqual([expected, expect.stringMatching(complaint)]);
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

const PRELUDE = `
import json, os, random, struct, sys
from tallyhouse_worker import NotSent, Refused, Worker

def doubles(seed, count):
    draw = random.Random(seed)
    found = [0.0, -0.0, 0.1, 5e-324, 1.7976931348623157e308][:count]
    while len(found) < count:
        value, = struct.unpack(">d", draw.getrandbits(64).to_bytes(8, "big"))
        if value - value == 0:
            found.append(value)
    return found

def page(number, values):
    data = {"values": values, "dimensions": [values[::-1]], "unit": "MeV/g"}
    return {"page_number": number, "name": "any", "data": data}

def hexes(values):
    return "".join(struct.pack(">d", value).hex() for value in values + values[::-1])

def say(value):
    print(json.dumps(value), flush=True)
`;

/** One call of each method, with all kinds of doubles in both page shapes. */
const EVERYTHING = `
values = doubles(1, 400)
beyond = {"dimensions": 0, "metadata": {"page_number": "4"}, "data": {"values": [float("nan")]}}
axis = {"name": "Position (Z)", "unit": "cm", "values": values[::-1]}
shape = {"dimensions": 1, "metadata": {"page_number": "5"}, "data": {"values": values, "unit": "Gy"}, "axis_dim1": axis}
estimators = [{"name": "z", "metadata": {"n": "1"}, "pages": [page(3, values), beyond, shape]}]
with Worker() as worker:
    receipts = [
        worker.task(1, task_state="RUNNING", simulated_primaries=500, start_time="2026-11-24T09:30:00Z"),
        worker.logfiles({"stdout": "Zażółć \\x01\\n"}, task_id=1),
        worker.tasks([{"task_id": 1, "update_dict": {"task_state": "COMPLETED", "simulated_primaries": 900}},
                      {"task_id": 2, "state": "FAILED"}]),
        worker.job("MERGING_RUNNING", log={"collect.log": "merging…\\n".encode()}),
        worker.results(estimators, partial=True, revision=1),
        worker.results(estimators, revision=2),
    ]
say([receipt._asdict() for receipt in receipts])
say({"z 3": hexes(values), "z 4": "null", "z 5": hexes(values)})
`;

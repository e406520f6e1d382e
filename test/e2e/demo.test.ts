import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { TestBroker } from '../support/amqp.js';
import { call, registerUser } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let database: TestDatabase;
let broker: TestBroker;
let network: TcpProxy;
let service: RunningService;
let user: { username: string; password: string; token: string };
let folder: string;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  network = await TcpProxy.to(broker.url);
  service = await startService(database.url, broker.settings);
  user = await registerUser(service.url, 'ada');
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-demo-'));
  const { username, password } = user;
  const amqp = { amqp_url: network.url, amqp_prefix: broker.prefix };
  await writeFile(join(folder, 'demo.json'), JSON.stringify({ url: service.url, username, password, ...amqp }));
});

afterAll(async () => {
  await service.end();
  await network.close();
  await broker.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Plays the demo; `onProgress` is called for each line it prints. */
async function play(args: string[], onProgress: (line: string) => void = () => undefined) {
  const program = [resolve('dist/demo/demo-main.js'), '--data-dir', folder, '--seed', '1', ...args];
  const demo: ChildProcess = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'pipe'] });
  demo.stdout?.on('data', (chunk: Buffer) => onProgress(chunk.toString()));
  const { stdout, stderr } = demo as { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream };
  const exit = once(demo, 'exit') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(stdout), text(stderr), exit]);
  return { out, err, code, jobId: /^Job (\S+),/m.exec(out)?.[1] ?? '' };
}

async function taskStates(jobId: string): Promise<unknown[]> {
  const answer = await call(`${service.url}/tasks?job_id=${jobId}`, { token: user.token });
  return (answer.json()['tasks'] as { task_state: string }[]).map(({ task_state }) => task_state);
}

async function deliveries(queue: string): Promise<number> {
  const metrics = (await call(`${service.url}/metrics`)).bytes.toString();
  const line = new RegExp(
    `tallyhouse_amqp_deliveries_total\\{queue="${queue}",outcome="acknowledged",kind=""\\} (\\d+)`,
  );
  return Number(line.exec(metrics)?.[1] ?? 0);
}

test('the demo worker publishes', async () => {
  const { out, err, code, jobId } = await play(['--seconds', '0', '--fail-task', '2']);
  expect([err, code]).toStrictEqual(['', 0]);
  expect(out).toContain('Its workers publish to RabbitMQ at 127.0.0.1:');
  expect(out).toContain(`Job ${jobId} has its final results.`);
  expect(await deliveries('ingest.results')).toBeGreaterThan(0);
  expect(await deliveries('ingest.logfiles')).toBeGreaterThan(0);
  expect(await taskStates(jobId)).toHaveLength(8);
});

test('it falls back to HTTP when RabbitMQ goes away, and loses nothing', async () => {
  const { err, code, jobId } = await play(['--seconds', '2'], (line) => {
    if (line.includes('partial results')) network.cut();
  });
  network.heal();
  expect(err).toMatch(/^\n?demo: RabbitMQ takes no messages \(.+\); sending over HTTP\.\n$/);
  expect(code).toBe(0);
  expect(new Set(await taskStates(jobId))).toStrictEqual(new Set(['COMPLETED']));
});

test('it sends over HTTP where RabbitMQ does not answer, and where it is told so', async () => {
  network.cut();
  const away = await play(['--seconds', '0']);
  network.heal();
  expect([away.code, away.err]).toEqual([0, expect.stringContaining('sending over HTTP')]);
  const before = await deliveries('ingest.results');
  const told = await play(['--seconds', '0', '--amqp', 'off']);
  expect([told.code, told.err]).toStrictEqual([0, '']);
  expect(told.out).toContain('Its workers send over HTTP.');
  expect(await deliveries('ingest.results')).toBe(before);
});

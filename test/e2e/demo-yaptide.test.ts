import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually, TestBroker } from '../support/amqp.js';
import { call, registerUser } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { findPika } from '../support/pika.js';
import { type RunningService, startService } from '../support/service.js';

const python = findPika();
// Said on stderr where it is left out; CI has pika.
const withPika = python === undefined ? describe.skip : describe;
const MAIN = resolve('dist/demo/demo-yaptide-main.js');

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  service = await startService(database.url, broker.settings);
  ({ token } = await registerUser(service.url, 'ada'));
});
afterAll(async () => {
  await service.end();
  await broker.close();
  await database.drop();
});

/** Starts `npm run demo:yaptide` as npm would. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const outputs = Promise.all([text(child.stdout), text(child.stderr)]);
  const end = async () => {
    const [[code], [out, err]] = await Promise.all([exit, outputs]);
    return { code, out, err };
  };
  return { child, end };
}

async function get(path: string): Promise<Record<string, unknown>> {
  return (await call(`${service.url}/yaptide/${path}`, { token })).json();
}

async function runners(): Promise<number> {
  const channel = await broker.anotherChannel();
  const { consumerCount } = await channel.checkQueue(`${broker.prefix}simulations.tasks`);
  await channel.close();
  return consumerCount;
}

withPika('npm run demo:yaptide', () => {
  test('runs what is submitted, up to results that can be plotted, and leaves nothing behind', async () => {
    const where = ['--url', service.url, '--amqp', broker.url, '--amqp-prefix', broker.prefix];
    const demo = start([...where, '--python', python as string, '--task-seconds', '1', '--data-dir', 'nowhere']);
    const input_json = { project: { title: 'From the browser' }, beam: { numberOfParticles: 1001 } };
    const body = { sim_type: 'shieldhit', ntasks: 2, input_type: 'editor', input_json };
    const answer = await call(`${service.url}/yaptide/jobs/direct`, { method: 'POST', token, body });
    const jobId = String(answer.json()['job_id']);
    await eventually(async () => {
      const [task] = (await get(`jobs/direct?job_id=${jobId}`))['job_tasks_status'] as Record<string, unknown>[];
      expect(task).toMatchObject({ task_id: 0, task_state: 'RUNNING', requested_primaries: 501 });
    });
    await eventually(async () => {
      const shown = await get(`jobs/direct?job_id=${jobId}`);
      expect(shown['job_state']).toBe('COMPLETED');
      const tasks = shown['job_tasks_status'] as Record<string, unknown>[];
      expect(tasks.map((task) => [task['task_state'], task['simulated_primaries']])).toStrictEqual([
        ['COMPLETED', 501],
        ['COMPLETED', 500],
      ]);
    });
    const results = await get(`results?job_id=${jobId}&estimator_name=depth_dose_&page_number=0`);
    const values = (results['page'] as { data: { values: number[] } }).data.values;
    expect(values).toHaveLength(400);
    // The Bragg peak of 150 MeV protons in water.
    const deepest = values.indexOf(Math.max(...values)) / values.length;
    expect(deepest).toBeGreaterThan(0.5);
    const logs = (await get(`logfiles?job_id=${jobId}`))['logfiles'] as Record<string, string>;
    expect(logs['task_0/stdout']).toContain('not a particle transport code');

    expect(await runners()).toBe(1);
    demo.child.kill('SIGINT');
    expect((await demo.end()).code).toBe(0);
    await eventually(async () => expect(await runners()).toBe(0));
  });

  test('says what is missing', async () => {
    const noBroker = await start(['--url', service.url, '--data-dir', 'nowhere', '--python', python as string]).end();
    expect([noBroker.code, noBroker.err]).toStrictEqual([1, expect.stringContaining('give --amqp')]);
    const noPika = await start(['--url', service.url, '--python', process.execPath]).end();
    expect([noPika.code, noPika.err]).toStrictEqual([1, expect.stringContaining('pip install pika')]);
    const wrong = await start(['--task-seconds', 'long']).end();
    expect([wrong.code, wrong.err]).toStrictEqual([2, 'demo: --task-seconds must be a number from 0 to 3600.\n']);
  });
});

test('the help names all options', async () => {
  const { out } = await start(['--help']).end();
  for (const option of ['url', 'data-dir', 'amqp', 'amqp-prefix', 'python', 'task-seconds', 'help']) {
    expect(out).toMatch(new RegExp(`^  --${option} `, 'm'));
  }
});

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, TestBroker } from '../support/amqp.js';
import { call, registerUser } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { findPika } from '../support/pika.js';
import { PythonWorker } from '../support/python-worker.js';
import { type RunningService, startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Scores its task's number, weighted by primaries that grow with it; leaves a line a run, and waits where its input says so. */
const SIMULATOR = `
import json, os, sys, time
task = int(os.environ["TASK_ID"])
primaries = 100 * (task + 1)
print("Task", task, "of", os.environ["NTASKS"], "seed", os.environ["SEED"], flush=True)
print("secrets:", [name for name in ("UPDATE_KEY", "RABBITMQ_URL") if name in os.environ], flush=True)
files = sorted(os.listdir("."))
print("files:", files, flush=True)
with open(os.path.join(os.environ["SCRATCH"], "runs"), "a") as runs:
    runs.write("%s/%d\\n" % (os.environ["JOB_ID"], task))
print(json.dumps({"simulated_primaries": primaries // 2, "requested_primaries": primaries, "estimated_time": 3}), flush=True)
if "wait" in files:
    while not os.path.exists(os.path.join(os.environ["SCRATCH"], "go")):
        time.sleep(0.05)
with open("sim.log", "w") as log:
    log.write("a log of its own")
if "fail" in files and task == 1:
    print("out of range", file=sys.stderr)
    sys.exit(3)
print(json.dumps({"simulated_primaries": primaries, "requested_primaries": primaries}), flush=True)
page = {"page_number": 0, "name": "dose", "data": {"values": [task, 1.5], "dimensions": [[0, 1]], "unit": "Gy"}}
with open(os.path.join(os.environ["RESULTS_FOLDER"], "dose.json"), "w") as results:
    json.dump({"name": "dose_", "metadata": {}, "pages": [page]}, results)
`;

const python = findPika();
// Said on stderr where it is left out; CI has pika.
const withPika = python === undefined ? describe.skip : describe;

let database: TestDatabase;
let broker: TestBroker;
let network: TcpProxy;
let service: RunningService;
let token: string;
let folder: string;
const runners: PythonWorker[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  network = await TcpProxy.to(broker.url);
  service = await startService(database.url, broker.settings);
  ({ token } = await registerUser(service.url, 'ada'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-run-'));
  await writeFile(join(folder, 'simulator.py'), SIMULATOR);
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  await rm(folder, { recursive: true });
});
afterAll(async () => {
  await service.end();
  await network.close();
  await broker.close();
  await database.drop();
});

function startRunner(): PythonWorker {
  const variables = {
    RABBITMQ_URL: network.url,
    AMQP_PREFIX: broker.prefix,
    TALLYHOUSE_URL: service.url,
    SCRATCH: folder,
  };
  const folders = ['--folder', join(folder, 'work'), '--spool', join(folder, 'spool')];
  const options = ['--log-file', '*.log', '--progress-seconds', '0.1', '--grace-seconds', '2'];
  const command = [python as string, join(folder, 'simulator.py')];
  const args = ['-m', 'tallyhouse_worker', 'run', ...folders, ...options, '--', ...command];
  const runner = new PythonWorker(python as string, args, variables);
  runners.push(runner);
  return runner;
}

async function submitFiles(ntasks: number, files: Record<string, string>): Promise<string> {
  const body = { sim_type: 'shieldhit', ntasks, input_files: { 'beam.dat': 'JPART0 2\n', ...files } };
  const answer = await call(`${service.url}/yaptide/jobs/direct`, { method: 'POST', token, body });
  return String(answer.json()['job_id']);
}

async function get(path: string, jobId: string): Promise<Record<string, unknown>> {
  return (await call(`${service.url}/${path}?job_id=${jobId}`, { token })).json();
}

interface ShownTask {
  readonly task_id: number;
  readonly task_state: string;
  readonly simulated_primaries: number | null;
}

async function untilState(jobId: string, state: string): Promise<ShownTask[]> {
  return eventually(async () => {
    const shown = await get('tasks', jobId);
    expect(shown['job_state']).toBe(state);
    return shown['tasks'] as ShownTask[];
  });
}

async function untilTasks(jobId: string, states: string[]): Promise<ShownTask[]> {
  return eventually(async () => {
    const tasks = (await get('tasks', jobId))['tasks'] as ShownTask[];
    expect(tasks.map(({ task_state }) => task_state)).toStrictEqual(states);
    return tasks;
  });
}

async function logsOf(jobId: string): Promise<Record<string, string>> {
  return (await get('logfiles', jobId))['logfiles'] as Record<string, string>;
}

async function runsOf(jobId: string): Promise<string[]> {
  const runs = await readFile(join(folder, 'runs'), 'utf8').catch(() => '');
  return runs.split('\n').filter((line) => line.startsWith(jobId));
}

async function valuesOf(jobId: string): Promise<unknown> {
  const [estimator] = (await get('results', jobId))['estimators'] as { pages: { data: { values: number[] } }[] }[];
  return estimator?.pages[0]?.data.values;
}

withPika('a runner', () => {
  test('runs all tasks of a job, and merges their results by primaries', async () => {
    startRunner();
    startRunner();
    const jobId = await submitFiles(3, {});
    const tasks = await untilState(jobId, 'COMPLETED');
    await untilTasks(jobId, ['COMPLETED', 'COMPLETED', 'COMPLETED']);
    expect(tasks.map(({ task_id }) => task_id)).toStrictEqual([0, 1, 2]);
    expect(tasks.map(({ simulated_primaries }) => simulated_primaries)).toStrictEqual([100, 200, 300]);
    expect(await valuesOf(jobId)).toStrictEqual([(0 * 100 + 1 * 200 + 2 * 300) / 600, 1.5]);
    const logs = await logsOf(jobId);
    expect(logs['task_1/stdout']).toMatch(/^Task 1 of 3 seed \d+\nsecrets: \[\]\nfiles: \['beam.dat'\]\n$/);
    expect(logs['task_2/sim.log']).toBe('a log of its own');
    expect(await runsOf(jobId)).toHaveLength(3);
    await eventually(async () => expect(await readdir(join(folder, 'work'))).toStrictEqual([`job-${jobId}.over`]));
  });

  test('shows progress while a command runs', async () => {
    startRunner();
    const jobId = await submitFiles(1, { wait: '' });
    await eventually(async () => {
      const [task] = (await get('tasks', jobId))['tasks'] as ShownTask[];
      expect(task).toMatchObject({ task_state: 'RUNNING', simulated_primaries: 50, estimated_time: 3 });
    });
    await writeFile(join(folder, 'go'), '');
    await untilState(jobId, 'COMPLETED');
  });

  test('reports a command that failed with its exit code and logs, and merges the others', async () => {
    startRunner();
    const jobId = await submitFiles(3, { fail: '' });
    await untilState(jobId, 'COMPLETED');
    await untilTasks(jobId, ['COMPLETED', 'FAILED', 'COMPLETED']);
    expect((await logsOf(jobId))['task_1/stderr']).toBe('out of range\n[runner] the command ended with exit code 3\n');
    expect(await valuesOf(jobId)).toStrictEqual([(0 * 100 + 2 * 300) / 400, 1.5]);
  });

  test('writes no input file outside of its folder', async () => {
    startRunner();
    const jobId = await submitFiles(1, { '../../../escaped': 'text' });
    await untilState(jobId, 'FAILED');
    expect((await logsOf(jobId))['task_0/stderr']).toContain('the input file "../../../escaped" can\'t be written');
    expect(await runsOf(jobId)).toStrictEqual([]);
    expect(await readdir(folder)).not.toContain('escaped');
  });

  test('ends a command that nobody wants any more', async () => {
    startRunner();
    const jobId = await submitFiles(2, { wait: '' });
    await eventually(async () => expect(await runsOf(jobId)).toHaveLength(1));
    await call(`${service.url}/yaptide/jobs/direct?job_id=${jobId}`, { method: 'DELETE', token });
    await untilTasks(jobId, ['CANCELED', 'PENDING']);
    await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(0));
    expect(await runsOf(jobId)).toHaveLength(1);
    expect((await get('tasks', jobId))['job_state']).toBe('CANCELED');
  });

  test('runs nothing that was cancelled before it came', async () => {
    const jobId = await submitFiles(1, {});
    await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(1));
    await call(`${service.url}/yaptide/jobs?job_id=${jobId}`, { method: 'DELETE', token });
    await broker.readCanceled(2);
    startRunner();
    await untilTasks(jobId, ['CANCELED']);
    expect((await get('tasks', jobId))['job_state']).toBe('CANCELED');
  });

  test('gives its task back when it is stopped', async () => {
    const first = startRunner();
    const jobId = await submitFiles(1, { wait: '' });
    await untilTasks(jobId, ['RUNNING']);
    await eventually(async () => expect(await runsOf(jobId)).toHaveLength(1));
    expect((await first.stop()).code).toBe(0);
    expect(await broker.depth('simulations.tasks')).toBe(1);
    await writeFile(join(folder, 'go'), '');
    startRunner();
    await untilState(jobId, 'COMPLETED');
    expect(await runsOf(jobId)).toHaveLength(2);
  });

  test('comes back to a queue that was deleted and declared anew', async () => {
    const runner = startRunner();
    const first = await submitFiles(1, {});
    await untilState(first, 'COMPLETED');
    const channel = await broker.anotherChannel();
    await channel.deleteQueue(`${broker.prefix}simulations.tasks`);
    await channel.close();
    await untilState(await submitFiles(1, {}), 'COMPLETED');
    expect((await runner.stop()).complaints).toContain('the broker ended the subscription');
  });

  test('recognises a task that has ended, when it comes again', async () => {
    const jobId = await submitFiles(2, {});
    await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(2));
    const [first, second] = await broker.takeTasks();
    startRunner();
    for (const message of [first, first]) await broker.publishToQueue('simulations.tasks', message?.body);
    await untilTasks(jobId, ['COMPLETED', 'PENDING']);
    for (const message of [second, first, second]) await broker.publishToQueue('simulations.tasks', message?.body);
    await untilState(jobId, 'COMPLETED');
    await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(0));
    expect(await runsOf(jobId)).toStrictEqual([`${jobId}/0`, `${jobId}/1`]);
  });

  test('goes on with its command while the broker is away, and runs it once', async () => {
    startRunner();
    const jobId = await submitFiles(1, { wait: '' });
    await eventually(async () => expect(await runsOf(jobId)).toHaveLength(1));
    network.cut();
    await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(1));
    await writeFile(join(folder, 'go'), '');
    await untilState(jobId, 'COMPLETED');
    network.heal();
    await eventually(async () => expect(await broker.depth('simulations.tasks')).toBe(0));
    const next = await submitFiles(1, {});
    await untilState(next, 'COMPLETED');
    expect(await runsOf(jobId)).toHaveLength(1);
  });
});

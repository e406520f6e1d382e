import { STEP_MESSAGES } from '../../src/dispatch/publish-step.js';
import type { Dispatch } from '../../src/dispatch/dispatch.service.js';
import { SimulationsService } from '../../src/simulations/simulations.service.js';
import { type Dispatched, eventually, TestBroker } from '../support/amqp.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestApp, type TestApp } from '../support/test-app.js';

const DIRECT: Dispatch = { platform: 'DIRECT', batchOptions: null, inputName: 'input_files' };
const INPUT = '{"beam.dat":"JPART0  2\\n","n":"1.50"}';

let database: TestDatabase;
let broker: TestBroker;
/** Submits, and relays nothing: as a process that dies right after its commit. */
let submitter: TestApp;
const relays: TestApp[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  submitter = await createTestApp({ rabbitmqUrl: broker.url, role: 'api' }, database);
});
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.app.close();
});
afterAll(async () => {
  await submitter.app.close();
  await broker.close();
  await database.drop();
});

async function startRelay(rabbitmqUrl = broker.url): Promise<TestApp> {
  const relay = await createTestApp({ rabbitmqUrl, amqpPrefix: broker.prefix }, database);
  relays.push(relay);
  return relay;
}

async function submit(ntasks: number, dispatch: Dispatch | null = DIRECT, by = submitter) {
  const submission = { title: 'a test', sim_type: 'shieldhit', input_type: 'files' as const, ntasks };
  return by.app
    .get(SimulationsService)
    .submit(by.owner.id, { ...submission, input: Buffer.from(INPUT) }, dispatch ?? undefined);
}

/** Takes tasks until the outbox is empty. */
async function takeAll(): Promise<Dispatched[]> {
  await eventually(async () => {
    const { rows } = await submitter.database.query('SELECT 1 FROM task_request');
    expect(rows).toStrictEqual([]);
  });
  return broker.takeTasks();
}

const idsOf = (messages: readonly Dispatched[]) => messages.map(({ id }) => id);
const tasksOf = (jobId: string, first: number, ntasks: number) =>
  Array.from({ length: ntasks }, (_, index) => `${jobId}/${first + index}`);

test('what a process committed before it died is published by the next, in order and with all that a runner needs', async () => {
  const { jobId, simId, updateKey } = await submit(120);
  const batch = await submit(2, { ...DIRECT, platform: 'BATCH', batchOptions: '{"cluster_name":"big"}' });
  await startRelay();
  const messages = await takeAll();
  expect(idsOf(messages)).toStrictEqual([...tasksOf(jobId, 0, 120), ...tasksOf(batch.jobId, 1, 2)]);
  expect(messages[0]?.body).toStrictEqual({
    job_id: jobId,
    sim_id: simId,
    task_id: 0,
    ntasks: 120,
    update_key: updateKey,
    title: 'a test',
    sim_type: 'shieldhit',
    input_type: 'files',
    platform: 'DIRECT',
    input: JSON.parse(INPUT) as object,
  });
  expect(messages.at(-1)?.body).toMatchObject({ platform: 'BATCH', batch_options: { cluster_name: 'big' } });
});

test('a process that is killed while it publishes repeats no more than one step, and loses nothing', async () => {
  const ntasks = 3_000;
  const service = await startService(database.url, broker.settings);
  const { jobId } = await submit(ntasks);
  await eventually(async () => expect(await broker.depth('simulations.tasks')).toBeGreaterThan(0));
  await service.end('SIGKILL');
  const next: RunningService = await startService(database.url, broker.settings);
  const messages = await takeAll();
  await next.end();
  const distinct = new Set(idsOf(messages));
  expect([...distinct]).toStrictEqual(tasksOf(jobId, 0, ntasks));
  expect(messages.length - distinct.size).toBeLessThanOrEqual(STEP_MESSAGES);
});

test('several instances share the work: each task once, those of a simulation in order', async () => {
  const submitted = await Promise.all(Array.from({ length: 20 }, () => submit(75)));
  await Promise.all([startRelay(), startRelay(), startRelay()]);
  const messages = await takeAll();
  expect(messages).toHaveLength(20 * 75);
  for (const { jobId } of submitted) {
    const own = messages.filter(({ body }) => body['job_id'] === jobId);
    expect(idsOf(own)).toStrictEqual(tasksOf(jobId, 0, 75));
  }
});

test('while the broker is away submissions are taken, and published when it is back', async () => {
  const network = await TcpProxy.to(broker.url);
  const relay = await startRelay(network.url);
  await submit(1, DIRECT, relay);
  expect(await takeAll()).toHaveLength(1);
  network.cut();
  const { jobId } = await submit(3, DIRECT, relay);
  const { rows } = await submitter.database.query('SELECT published FROM task_request');
  expect(rows).toStrictEqual([{ published: 0 }]);
  network.heal();
  expect(idsOf(await takeAll())).toStrictEqual(tasksOf(jobId, 0, 3));
  await network.close();
});

test('a task queue that somebody deleted is declared anew', async () => {
  const relay = await startRelay();
  await submit(1, DIRECT, relay);
  expect(await takeAll()).toHaveLength(1);
  const channel = await broker.anotherChannel();
  await channel.deleteQueue(`${broker.prefix}simulations.tasks`);
  await channel.close();
  const { jobId } = await submit(2, DIRECT, relay);
  expect(idsOf(await takeAll())).toStrictEqual(tasksOf(jobId, 0, 2));
});

test('of what was cancelled or deleted before, only that is published', async () => {
  const service = submitter.app.get(SimulationsService);
  const [canceled, deleted] = [await submit(5), await submit(5)];
  await service.cancel(submitter.owner, canceled.jobId);
  await service.delete(submitter.owner, deleted.jobId);
  await startRelay();
  expect(await takeAll()).toStrictEqual([]);
  const told = await broker.readCanceled(2);
  expect(told).toStrictEqual(
    [canceled, deleted].map(({ jobId, simId }) => ({
      id: `${jobId}/canceled`,
      body: { job_id: jobId, sim_id: simId },
    })),
  );
});

test('a simulation that its submitter runs is not handed out, nor is its cancellation told', async () => {
  const { jobId } = await submit(2, null);
  await submitter.app.get(SimulationsService).cancel(submitter.owner, jobId);
  const { rows } = await submitter.database.query('SELECT * FROM task_request');
  expect(rows).toStrictEqual([]);
});

test('a new update key reaches the tasks that were not handed out yet', async () => {
  const { jobId } = await submit(1);
  const updateKey = await submitter.app.get(SimulationsService).renewUpdateKey(submitter.owner, jobId);
  await startRelay();
  expect((await takeAll())[0]?.body['update_key']).toBe(updateKey);
});

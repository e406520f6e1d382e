import { deflateSync, gzipSync } from 'node:zlib';
import type { Options } from 'amqplib';
import { LogsService } from '../../src/logs/logs.service.js';
import { MetricsService } from '../../src/metrics/metrics.service.js';
import { PayloadReaderService } from '../../src/payload/payload-reader.service.js';
import type { SplicedResource } from '../../src/payload/resource.js';
import { splicedBody } from '../../src/payload/spliced-body.js';
import { ResultsService } from '../../src/results/results.service.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { bodyOf, createConsumingApp, submitSimulation, type TestApp } from '../support/test-app.js';

let broker: TestBroker;
let test_: TestApp;

beforeAll(async () => {
  broker = await TestBroker.open();
  test_ = await createConsumingApp(broker);
});

afterAll(async () => {
  await test_.close();
  await broker.close();
});

const page = (pageNumber: number, values: number[] = [0.1, 0.25]) => ({
  page_number: pageNumber,
  name: 'Z (Dose)',
  data: { values, dimensions: [values.map((_, bin) => bin)], unit: 'Gy' },
});

async function resultsOf(jobId: string): Promise<unknown> {
  return readJson(test_.app.get(ResultsService).read(test_.owner, jobId, {}));
}

async function logsOf(jobId: string): Promise<unknown> {
  return readJson(test_.app.get(LogsService).read(test_.owner, jobId));
}

async function readJson(resource: SplicedResource): Promise<unknown> {
  const all: Buffer[] = [];
  await test_.app.get(PayloadReaderService).reading(async (reading) => {
    const { segments } = await resource.open(reading);
    for await (const { pieces } of splicedBody(reading, segments, 'identity')) all.push(...pieces);
  });
  return JSON.parse(Buffer.concat(all).toString('utf8'));
}

interface ShownTasks {
  readonly job_state: string;
  readonly tasks: readonly {
    readonly task_id: number;
    readonly task_state: string;
    readonly simulated_primaries: number;
  }[];
}

async function tasksOf(jobId: string): Promise<ShownTasks> {
  const { text } = await test_.app.get(TasksService).read(test_.owner, jobId).open();
  return JSON.parse(String(text)) as ShownTasks;
}

describe('what a worker may publish', () => {
  test.each<[string, (bytes: Buffer) => Buffer, Options.Publish]>([
    ['as it is', (bytes) => bytes, {}],
    ['without a content type', (bytes) => bytes, { contentType: undefined as unknown as string }],
    ['with a charset', (bytes) => bytes, { contentType: 'application/json; charset=utf-8' }],
    ['as identity', (bytes) => bytes, { contentEncoding: 'identity' }],
    ['as utf-8, as some clients say', (bytes) => bytes, { contentEncoding: 'utf-8' }],
    ['as gzip', (bytes) => gzipSync(bytes), { contentEncoding: 'gzip' }],
    ['as deflate', (bytes) => deflateSync(bytes), { contentEncoding: 'deflate' }],
    ['not persistent', (bytes) => bytes, { persistent: false }],
  ])('results %s', async (_, encode, options) => {
    const { simulation_id, update_key } = await submitSimulation(test_);
    const body = { simulation_id, update_key, estimators: [{ name: 'D', pages: [page(1), page(2)] }] };
    await broker.publish('results.save', encode(Buffer.from(JSON.stringify(body))), options);
    const { pages } = { pages: [page(1), page(2)] };
    await eventually(async () =>
      expect(await resultsOf(simulation_id)).toStrictEqual({ message: 'Results', estimators: [{ name: 'D', pages }] }),
    );
    expect((await tasksOf(simulation_id)).job_state).toBe('COMPLETED');
  });

  test('the update key in a header, and the sim_id for the job_id', async () => {
    const { id, simulation_id, update_key } = await submitSimulation(test_);
    const body = { simulation_id: id, estimators: [{ name: 'D', pages: [page(1)] }] };
    await broker.publish('results.save', body, { headers: { 'X-Update-Key': update_key } });
    await eventually(() => resultsOf(simulation_id));
  });

  test('logs, a task, many tasks and a job', async () => {
    const { simulation_id, update_key } = await submitSimulation(test_, 3);
    const worker = { simulation_id, update_key };
    await broker.publish('logfiles.save', { ...worker, task_id: 2, logfiles: { stdout: 'text\u0000' } });
    await broker.publish('tasks.update', { ...worker, task_id: 1, update_dict: { task_state: 'RUNNING' } });
    const tasks = [2, 3].map((task_id) => ({ task_id, update_dict: { task_state: 'COMPLETED' } }));
    await broker.publish('tasks.update-bulk', { ...worker, tasks });
    await broker.publish('jobs.update', { ...worker, job_state: 'MERGING_RUNNING', log: { merger: 'merged' } });
    await eventually(async () => {
      const { job_state, tasks: shown } = await tasksOf(simulation_id);
      expect(job_state).toBe('MERGING_RUNNING');
      expect(shown.map(({ task_state }) => task_state)).toStrictEqual(['RUNNING', 'COMPLETED', 'COMPLETED']);
      expect(await logsOf(simulation_id)).toStrictEqual({
        message: 'Logfiles',
        logfiles: { merger: 'merged', 'task_2/stdout': 'text\u0000' },
      });
    });
  });

  test('a result of the size of the message limit', async () => {
    const { simulation_id, update_key } = await submitSimulation(test_);
    const head = JSON.stringify({ simulation_id, update_key, estimators: [] }).slice(0, -2);
    const limit = 16 * 1024 * 1024;
    const lead = `${head}{"name":"D","pages":[${JSON.stringify(page(1, [1]))}]}`;
    const body = `${lead}${' '.repeat(limit - lead.length - 2)}]}`;
    expect(body).toHaveLength(limit);
    await broker.publish('results.save', body);
    await eventually(() => resultsOf(simulation_id));
  });
});

describe('task updates that come together', () => {
  test('are written in few statements, and one bad one takes no neighbour down', async () => {
    const simulations = await Promise.all([1, 2, 3, 4].map(() => submitSimulation(test_, 25)));
    const statements = await countWrites();
    const sent: Promise<void>[] = [];
    for (let step = 1; step <= 10; step++) {
      for (const { simulation_id, update_key } of simulations) {
        for (let task_id = 1; task_id <= 25; task_id++) {
          const update_dict = { task_state: 'RUNNING', simulated_primaries: step * 100 };
          sent.push(broker.publish('tasks.update', { simulation_id, update_key, task_id, update_dict }));
        }
        // Refused by the parser, by the key, and by the database, where the number passes the parser but no column.
        const bad = { simulation_id, update_key, task_id: 1, update_dict: { task_state: 'LOST' } };
        sent.push(broker.publish('tasks.update', bad));
        sent.push(broker.publish('tasks.update', { ...bad, update_key: 'k'.repeat(43), update_dict: {} }));
      }
    }
    await Promise.all(sent);
    await eventually(async () => {
      for (const { simulation_id } of simulations) {
        const { tasks } = await tasksOf(simulation_id);
        expect(new Set(tasks.map(({ simulated_primaries }) => simulated_primaries))).toStrictEqual(new Set([1_000]));
        expect(tasks).toHaveLength(25);
      }
      expect(await deadLetters()).toStrictEqual([
        { reason: 'invalid', count: 40 },
        { reason: 'wrongKey', count: 40 },
      ]);
    });
    expect(await countWrites()).toBeLessThan(statements + 500);
  });

  test('widen what is asked for without making the broker take back what it had sent', async () => {
    const { text } = await test_.app.get(MetricsService).expose();
    expect(text).not.toContain('tallyhouse_amqp_redeliveries_total{queue="ingest.tasks"}');
  });

  test('a large result does not hold them up', async () => {
    const { simulation_id, update_key } = await submitSimulation(test_);
    const values = Array.from({ length: 400_000 }, (_, bin) => bin / 7);
    const estimators = [{ name: 'D', pages: [page(1, values)] }];
    let firstStored: 'result' | 'task' | undefined;
    const results = test_.app.get(ResultsService);
    const saving = results
      .save(bodyOf({ simulation_id, update_key, estimators }))
      .then(() => (firstStored ??= 'result'));
    await broker.publish('tasks.update', {
      simulation_id,
      update_key,
      task_id: 1,
      update_dict: { task_state: 'RUNNING' },
    });
    await eventually(async () => {
      expect((await tasksOf(simulation_id)).tasks[0]?.task_state).toBe('RUNNING');
      firstStored ??= 'task';
    });
    await saving;
    expect(firstStored).toBe('task');
  });
});

test('what was taken in is counted', async () => {
  await eventually(async () => {
    const { text } = await test_.app.get(MetricsService).expose();
    expect(text).toMatch(/tallyhouse_amqp_deliveries_total\{queue="ingest.tasks",outcome="acknowledged",kind=""\} \d/);
    expect(text).toMatch(
      /tallyhouse_amqp_deliveries_total\{queue="ingest.tasks",outcome="dead-lettered",kind="invalid"\} 40/,
    );
    expect(text).toMatch(/tallyhouse_amqp_queue_consumers\{queue="ingest.results"\} [1-9]/);
    expect(text).toMatch(/tallyhouse_dead_letters 80/);
  });
});

/** Statement triggers on the summary table tell how often tasks were written. */
async function countWrites(): Promise<number> {
  const { rows } = await test_.database.query<{ versions: string }>(
    'SELECT coalesce(sum(version), 0) AS versions FROM task_summary',
  );
  return Number(rows[0]?.versions);
}

async function deadLetters(): Promise<unknown[]> {
  const { rows } = await test_.database.query<{ reason: string; count: number }>(
    'SELECT reason, count(*)::int AS count FROM dead_letter GROUP BY reason ORDER BY reason',
  );
  return rows;
}

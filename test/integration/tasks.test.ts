import fc from 'fast-check';
import { ResultsService } from '../../src/results/results.service.js';
import { SimulationsService } from '../../src/simulations/simulations.service.js';
import { foldTaskUpdates } from '../../src/tasks/domain/task-merge.js';
import { TASK_STATES, type TaskState, type TaskUpdate } from '../../src/tasks/domain/task-update.js';
import { findTasks, jobProgress } from '../../src/tasks/find-tasks.js';
import { JobsService } from '../../src/tasks/jobs.service.js';
import { storeTaskUpdates } from '../../src/tasks/store-task-updates.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { reportJob } from '../../src/tasks/report-job.js';
import { eventually } from '../support/amqp.js';
import { shownTasks } from '../support/shown-tasks.js';
import { bodyOf, createTestApp, submitSimulation, type TestApp } from '../support/test-app.js';

let test_: TestApp;
let tasks: TasksService;
let jobs: JobsService;

beforeAll(async () => {
  test_ = await createTestApp();
  tasks = test_.app.get(TasksService);
  jobs = test_.app.get(JobsService);
});
afterAll(() => test_.close());

interface Shown {
  job_state: string;
  tasks: {
    task_id: number;
    task_state: TaskState;
    simulated_primaries: number | null;
    estimated_time: number | null;
  }[];
}

async function read(jobId: string): Promise<Shown> {
  return JSON.parse(String((await tasks.read(test_.owner, jobId).open()).text)) as Shown;
}

async function validator(jobId: string): Promise<string> {
  return tasks.read(test_.owner, jobId).validator();
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const small = fc.integer({ min: 0, max: 3 });
const update: fc.Arbitrary<TaskUpdate> = fc
  .record({
    taskId: fc.integer({ min: 0, max: 3 }),
    state: fc.constantFrom(...TASK_STATES),
    requestedPrimaries: maybe(small),
    simulatedPrimaries: maybe(small),
    seconds: maybe(small),
    startTime: maybe(small),
    endTime: maybe(small),
  })
  .map(({ seconds, ...rest }) => ({
    ...rest,
    estimate: seconds === null ? null : { seconds, atPrimaries: rest.simulatedPrimaries ?? -1 },
  }));

const isoTime = (time: number | null) => (time === null ? null : new Date(time).toISOString());

test('PostgreSQL folds updates as the pure merge does, and the summary follows', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(update, { maxLength: 5 }), { minLength: 1, maxLength: 6 }), async (batches) => {
      const { id, simulation_id } = await submitSimulation(test_);
      for (const batch of batches) await storeTaskUpdates(test_.database, [{ simulationId: id, updates: batch }]);
      const merged = foldTaskUpdates(batches.flat());
      const found = await findTasks(test_.database, test_.owner, simulation_id, jobProgress);
      const stored = merged.map(({ estimate, ...task }) => ({
        ...task,
        estimatedTime: estimate?.seconds ?? null,
        startTime: isoTime(task.startTime),
        endTime: isoTime(task.endTime),
        lastUpdateTime: null,
      }));
      expect(found?.answer.tasks.map((task) => ({ ...task, lastUpdateTime: null }))).toStrictEqual(
        shownTasks(stored, 2),
      );
      const { rows } = await test_.database.query<Record<string, unknown>>(
        'SELECT * FROM task_summary WHERE simulation_id = $1',
        [id],
      );
      const count = (state: TaskState) => merged.filter((task) => task.state === state).length;
      expect(rows[0]).toMatchObject({
        pending: count('PENDING'),
        running: count('RUNNING'),
        canceled: count('CANCELED'),
        failed: count('FAILED'),
        completed: count('COMPLETED'),
        has_task_zero: merged[0]?.taskId === 0,
      });
    }),
    { numRuns: 60 },
  );
});

test('an update that changes nothing touches nothing', async () => {
  const { id: _, ...identity } = await submitSimulation(test_);
  const body = { ...identity, task_id: 1, update_dict: { task_state: 'RUNNING', simulated_primaries: 5 } };
  await tasks.update(bodyOf(body));
  const before = await validator(identity.simulation_id);
  await tasks.update(bodyOf(body));
  await tasks.update(bodyOf({ ...body, update_dict: { task_state: 'PENDING', simulated_primaries: 4 } }));
  expect(await validator(identity.simulation_id)).toBe(before);
  await tasks.update(bodyOf({ ...body, update_dict: { simulated_primaries: 6 } }));
  expect(await validator(identity.simulation_id)).not.toBe(before);
});

test('NaN as estimated_time counts as absent', async () => {
  const { simulation_id, update_key } = await submitSimulation(test_);
  await tasks.update(
    bodyOf(
      `{"simulation_id":"${simulation_id}","update_key":"${update_key}","task_id":1,"update_dict":{"task_state":"RUNNING","estimated_time":NaN}}`,
    ),
  );
  expect((await read(simulation_id)).tasks[0]).toMatchObject({ task_state: 'RUNNING', estimated_time: null });
});

test('a bulk body with one bad update stores none, and names it', async () => {
  const { id: _, ...identity } = await submitSimulation(test_);
  const good = { task_id: 1, update_dict: { task_state: 'RUNNING' } };
  const bad = { task_id: 2, update_dict: { task_state: 'DONE' } };
  await expect(tasks.updateBulk(bodyOf({ ...identity, tasks: [good, bad] }))).rejects.toThrow(
    'tasks[1].update_dict.task_state: "DONE"',
  );
  expect((await read(identity.simulation_id)).tasks[0]?.task_state).toBe('PENDING');
});

test('10,000 updates go in at once, the same task several times', async () => {
  const { id: _, ...identity } = await submitSimulation(test_, 5_000);
  const updates = Array.from({ length: 10_000 }, (__, index) => ({
    task_id: 1 + (index % 5_000),
    update_dict: { task_state: index < 5_000 ? 'COMPLETED' : 'RUNNING', simulated_primaries: index },
  }));
  await tasks.updateBulk(bodyOf({ ...identity, tasks: updates }));
  const shown = await read(identity.simulation_id);
  expect(shown.tasks).toHaveLength(5_000);
  expect(
    shown.tasks.every(
      ({ task_state, simulated_primaries }) => task_state === 'COMPLETED' && (simulated_primaries ?? 0) >= 5_000,
    ),
  ).toBe(true);
});

test('updates of the same tasks at the same time neither fail nor lose anything', async () => {
  const { id, simulation_id } = await submitSimulation(test_, 20);
  const one = (taskId: number, simulatedPrimaries: number): TaskUpdate => ({
    ...{
      taskId,
      simulatedPrimaries,
      state: 'RUNNING',
      requestedPrimaries: null,
      estimate: null,
      startTime: null,
      endTime: null,
    },
  });
  const batches = Array.from({ length: 30 }, (_, batch) =>
    Array.from({ length: 20 }, (__, task) => one(batch % 2 === 0 ? task : 19 - task, batch)),
  );
  await Promise.all(batches.map((batch) => storeTaskUpdates(test_.database, [{ simulationId: id, updates: batch }])));
  const found = await findTasks(test_.database, test_.owner, simulation_id, jobProgress);
  expect(found?.answer.tasks.map(({ simulatedPrimaries }) => simulatedPrimaries)).toStrictEqual(
    Array.from({ length: 20 }, () => 29),
  );
});

test('after a deletion an update is refused as of a deleted simulation', async () => {
  const { id, simulation_id } = await submitSimulation(test_);
  await test_.app.get(SimulationsService).delete(test_.owner, simulation_id);
  await expect(test_.app.get(TasksService).merge({ id, jobId: simulation_id }, [])).rejects.toMatchObject({
    kind: 'deletedSimulation',
  });
});

/** The rules of the contract, one after the other. */
function expectedState(facts: {
  states: TaskState[];
  ntasks: number;
  final: boolean;
  canceled: boolean;
  reported: string | null;
  results: boolean;
}): string {
  const { states, ntasks } = facts;
  const allStored = states.length >= ntasks;
  const none = (...wanted: TaskState[]) => !states.some((state) => wanted.includes(state));
  if (facts.final) return 'COMPLETED';
  if (facts.canceled || facts.reported === 'CANCELED') return 'CANCELED';
  if (
    facts.reported === 'FAILED' ||
    (allStored && none('PENDING', 'RUNNING', 'COMPLETED') && states.includes('FAILED'))
  )
    return 'FAILED';
  if (facts.reported === 'MERGING_RUNNING') return 'MERGING_RUNNING';
  if (facts.reported === 'MERGING_QUEUED' || (allStored && none('PENDING', 'RUNNING') && states.includes('COMPLETED')))
    return 'MERGING_QUEUED';
  if (states.some((state) => state !== 'PENDING') || facts.results || facts.reported === 'RUNNING') return 'RUNNING';
  return 'PENDING';
}

test('job state is the function of what is stored that the contract describes', async () => {
  const facts = fc.record({
    states: fc.array(fc.constantFrom(...TASK_STATES), { maxLength: 3 }),
    ntasks: fc.integer({ min: 1, max: 3 }),
    final: fc.constantFrom(true, false, false),
    canceled: fc.boolean(),
    reported: fc.constantFrom(null, null, 'RUNNING', 'MERGING_QUEUED', 'MERGING_RUNNING', 'FAILED', 'CANCELED'),
    results: fc.boolean(),
  });
  const results = test_.app.get(ResultsService);
  await fc.assert(
    fc.asyncProperty(facts, async (given) => {
      const { id: _, ...identity } = await submitSimulation(test_, given.ntasks);
      const updates = given.states.map((task_state, index) => ({ task_id: index + 1, update_dict: { task_state } }));
      if (updates.length > 0) await tasks.updateBulk(bodyOf({ ...identity, tasks: updates }));
      if (given.canceled) await test_.app.get(SimulationsService).cancel(test_.owner, identity.simulation_id);
      if (given.reported !== null) await jobs.report(bodyOf({ ...identity, job_state: given.reported }));
      const pages = [{ page_number: 0, name: '', data: { values: [1], dimensions: [], unit: '' } }];
      if (given.results) await results.save(bodyOf({ ...identity, partial: true, estimators: [{ name: 'e', pages }] }));
      if (given.final) await results.save(bodyOf({ ...identity, estimators: [] }));
      expect((await read(identity.simulation_id)).job_state).toBe(expectedState(given));
    }),
    { numRuns: 120 },
  );
});

test('reports of a job in every order give one end state, and their logs are kept', async () => {
  const reports = ['RUNNING', 'MERGING_RUNNING', 'FAILED', 'PENDING'];
  for (const order of [reports, [...reports].reverse()]) {
    const { id: _, ...identity } = await submitSimulation(test_);
    for (const job_state of order) {
      await jobs.report(
        bodyOf({
          sim_id: identity.simulation_id,
          update_key: identity.update_key,
          job_state,
          log: { 'a.log': 'text' },
        }),
      );
    }
    expect((await read(identity.simulation_id)).job_state).toBe('FAILED');
  }
});

test('a report that waits for a higher one neither lowers the state nor loses what it says of batch jobs', async () => {
  const { id } = await submitSimulation(test_);
  const nothing = { state: null, endTime: null, jobDir: null, arrayId: null, collectId: null };
  const version = async () => {
    const query = 'SELECT version FROM task_summary WHERE simulation_id = $1';
    return (await test_.database.query<{ version: string }>(query, [id])).rows[0]?.version;
  };
  let waiting: Promise<void> | undefined;
  await test_.database.transaction(async (tx) => {
    await reportJob(tx, id, { ...nothing, state: 'FAILED', endTime: 2_000, jobDir: '/first', arrayId: '1' });
    waiting = reportJob(test_.database, id, { ...nothing, state: 'RUNNING', endTime: 1_000, arrayId: '2' });
    await eventually(async () => {
      const query = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
      expect((await test_.database.query(query)).rowCount).toBe(1);
    });
  });
  await waiting;
  const { rows } = await test_.database.query(
    `SELECT reported_state, reported_end_time, batch_job_dir, batch_array_id, batch_collect_id FROM simulation WHERE id = $1`,
    [id],
  );
  expect(rows).toStrictEqual([
    {
      reported_state: 'FAILED',
      reported_end_time: new Date(2_000),
      batch_job_dir: '/first',
      batch_array_id: '2',
      batch_collect_id: null,
    },
  ]);
  const before = await version();
  await reportJob(test_.database, id, { ...nothing, state: 'RUNNING', collectId: '3' });
  expect(await version()).toBe(before);
  await reportJob(test_.database, id, { ...nothing, state: 'CANCELED' });
  expect(await version()).not.toBe(before);
});

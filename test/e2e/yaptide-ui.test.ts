import { eventually, TestBroker } from '../support/amqp.js';
import { call } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';
import { type ListedSimulation, UiError, YaptideUiClient } from '../support/yaptide-ui-client.js';

const OUTPUTS = [{ name: 'total' }, { name: 'dose' }, { name: 'dose2' }];
const PROJECT = {
  project: { title: 'Proton pencil beam' },
  beam: { energy: 150, numberOfParticles: 1000 },
  scoringManager: { outputs: OUTPUTS },
};
const axis = (name: string, count: number) => ({
  name,
  unit: 'cm',
  values: Array.from({ length: count }, (_, bin) => bin + 0.5),
});
const values = (count: number) => Array.from({ length: count }, (_, bin) => Math.exp(-bin));
/** 0D, 1D and 2D, named after the outputs' files. */
const ESTIMATORS = [
  { name: 'dose2_', pages: [page(0, { axis_dim1: axis('Z', 3), axis_dim2: axis('X', 2) }, 6)] },
  {
    name: 'dose_',
    pages: [page(0, { axis_dim1: axis('Z', 4) }, 4), page(1, { axis_dim1: axis('Z', 4) }, 4), page(2, {}, 1)],
  },
  { name: 'total_', pages: [page(0, {}, 1)] },
];

function page(number: number, axes: object, count: number) {
  return {
    dimensions: Object.keys(axes).length,
    metadata: { page_number: String(number), name: `Dose ${number}` },
    data: { name: `Dose ${number}`, unit: 'Gy', values: values(count) },
    ...axes,
  };
}

interface RequestedTask {
  readonly job_id: string;
  readonly sim_id: number;
  readonly task_id: number;
  readonly update_key: string;
  readonly input: unknown;
}

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
let ui: YaptideUiClient;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  service = await startService(database.url, broker.settings);
  ui = new YaptideUiClient(`${service.url}/yaptide`);
});
afterAll(async () => {
  await service.end();
  await broker.close();
  await database.drop();
});

/** Writes as a worker of that platform does. */
async function work({ sim_id, update_key }: RequestedTask, path: string, content: object): Promise<void> {
  const name = path === 'jobs' ? 'sim_id' : 'simulation_id';
  const body = { [name]: sim_id, update_key, ...content };
  const answer = await call(`${service.url}/yaptide/${path}`, { method: 'POST', body });
  expect([answer.status, answer.json()]).toStrictEqual([202, { message: expect.any(String) as string }]);
}

/** The tasks of a job as whatever runs simulations is asked for them. */
async function requested(jobId: string, count: number): Promise<RequestedTask[]> {
  const tasks: RequestedTask[] = [];
  await eventually(async () => {
    for (const { body } of await broker.takeTasks()) {
      if (body['job_id'] === jobId) tasks.push(body as unknown as RequestedTask);
    }
    expect(tasks).toHaveLength(count);
  });
  return tasks;
}

async function listed(jobId: string): Promise<ListedSimulation> {
  const found = (await ui.list()).simulations.find((simulation) => simulation.jobId === jobId);
  if (found === undefined) throw new Error(`${jobId} is not listed`);
  return found;
}

async function state(jobId: string): Promise<string> {
  return (await ui.status(await listed(jobId))).jobState;
}

test('without a login every question is answered 401, in words', async () => {
  expect(await ui.hello()).toBe('Hello World!');
  await expect(ui.whoAmI()).rejects.toStrictEqual(new UiError(401, 'No token provided'));
  await expect(ui.list()).rejects.toStrictEqual(new UiError(401, 'No token provided'));
});

test('a user registers, logs in and is known by the cookie', async () => {
  await ui.register('ada', 'the password of ada');
  const { accessExp, refreshExp } = await ui.logIn('ada', 'the password of ada');
  expect(accessExp).toBeGreaterThan(Date.now());
  expect(refreshExp).toBeGreaterThan(accessExp);
  expect((await ui.whoAmI()).username).toBe('ada');
  expect((await ui.refresh()).accessExp).toBeGreaterThan(Date.now());
});

test('a submitted project is run, watched, opened, plotted, saved and deleted', async () => {
  const jobId = await ui.submit('direct', PROJECT, 2);
  const tasks = await requested(jobId, 2);
  expect(tasks.map(({ task_id, input }) => [task_id, input])).toStrictEqual([
    [0, PROJECT],
    [1, PROJECT],
  ]);
  const info = await listed(jobId);
  expect(info).toStrictEqual({
    jobId,
    title: 'Proton pencil beam',
    startTime: expect.stringMatching(/ GMT$/) as string,
    endTime: null,
    metadata: { platform: 'DIRECT', server: 'Yaptide', inputType: 'EDITOR', simType: 'shieldhit' },
  });
  expect(Math.abs(Date.now() - Date.parse(info.startTime))).toBeLessThan(60_000);
  expect((await ui.status(info)).jobTasksStatus.map(({ taskState }) => taskState)).toStrictEqual([
    'PENDING',
    'PENDING',
  ]);

  const [first, second] = tasks as [RequestedTask, RequestedTask];
  const running = { task_state: 'RUNNING', requested_primaries: 500, start_time: '2026-11-28 08:00:00.250000' };
  await work(first, 'tasks', {
    task_id: 0,
    update_dict: { ...running, simulated_primaries: 100, estimated_time: 3725, celery_id: 'x' },
  });
  expect(await ui.status(info)).toMatchObject({
    jobState: 'RUNNING',
    jobTasksStatus: [
      {
        taskId: 0,
        taskState: 'RUNNING',
        requestedPrimaries: 500,
        simulatedPrimaries: 100,
        startTime: 'Sat, 28 Nov 2026 08:00:00 GMT',
        estimatedTime: { hours: 1, minutes: 2, seconds: 5 },
      },
      { taskId: 1, taskState: 'PENDING' },
    ],
  });
  await expect(ui.delete(jobId)).rejects.toMatchObject({ status: 403 });

  const completed = { task_state: 'COMPLETED', simulated_primaries: 500, end_time: '2026-11-28 08:10:00' };
  await work(first, 'tasks', { task_id: 0, update_dict: completed });
  await work(second, 'tasks', { task_id: 1, update_dict: { ...running, ...completed } });
  await work(first, 'results', { estimators: ESTIMATORS });
  const done = await ui.status(info);
  expect(done.jobState).toBe('COMPLETED');
  for (const task of done.jobTasksStatus) {
    expect(task).toMatchObject({ taskState: 'COMPLETED', requestedPrimaries: 500, simulatedPrimaries: 500 });
    expect(Date.parse(task.endTime ?? '')).toBeGreaterThan(Date.parse(task.startTime ?? ''));
  }
  expect((await ui.list(['COMPLETED'])).simulations.map((simulation) => simulation.jobId)).toContain(jobId);

  const { input } = await ui.inputs(jobId);
  expect(input).toMatchObject({ inputType: 'EDITOR', inputJson: { project: { title: 'Proton pencil beam' } } });

  const dose = await ui.open(jobId, 'dose');
  expect(dose.pages.map(({ dimensions, data }) => [dimensions, data.values])).toStrictEqual([
    [1, values(4)],
    [1, values(4)],
    [0, values(1)],
  ]);
  expect(dose.pages[0]?.axisDim1).toStrictEqual(axis('Z', 4));
  const [plane] = (await ui.open(jobId, 'dose2')).pages;
  expect([plane?.dimensions, plane?.data.values.length, plane?.axisDim2]).toStrictEqual([2, 6, axis('X', 2)]);
  expect((await ui.open(jobId, 'total')).pages[0]?.data.values).toStrictEqual([1]);

  const saved = await ui.allResults(jobId);
  expect(saved.estimators.map(({ name, pages }) => [name, pages.length])).toStrictEqual([
    ['total', 1],
    ['dose', 3],
    ['dose2', 1],
  ]);
  // That UI links estimators to outputs by their places.
  expect(saved.estimators.map(({ name }) => name)).toStrictEqual(OUTPUTS.map(({ name }) => name));
  await ui.delete(jobId);
  expect((await ui.list()).simulations.map((simulation) => simulation.jobId)).not.toContain(jobId);
  await expect(ui.inputs(jobId)).rejects.toStrictEqual(new UiError(404, 'Job with provided ID does not exist'));
});

test('the logs of a failed job tell of all its tasks', async () => {
  const jobId = await ui.submit('batch', PROJECT, 2);
  const [first, second] = (await requested(jobId, 2)) as [RequestedTask, RequestedTask];
  expect([first.task_id, second.task_id]).toStrictEqual([1, 2]);
  await work(first, 'jobs', { job_state: 'RUNNING', job_dir: '/scratch/1', array_id: 4711, collect_id: 4712 });
  for (const task of [first, second]) {
    const { task_id } = task;
    await work(task, 'logfiles', { logfiles: { [`task${task_id}.log`]: `task ${task_id}: no such medium` } });
    await work(task, 'tasks', { task_id, update_dict: { task_state: 'FAILED', end_time: '2026-11-28T08:00:01' } });
  }
  expect((await listed(jobId)).metadata.platform).toBe('BATCH');
  expect(await state(jobId)).toBe('FAILED');
  expect(await ui.logs(jobId)).toStrictEqual({
    'task1.log': 'task 1: no such medium',
    'task2.log': 'task 2: no such medium',
  });
  await expect(ui.allResults(jobId)).rejects.toStrictEqual(new UiError(404, 'Results are unavailable'));
});

test('a cancelled job stays cancelled, whatever its workers still say', async () => {
  const jobId = await ui.submit('direct', PROJECT, 1);
  const [task] = (await requested(jobId, 1)) as [RequestedTask];
  await ui.cancel(await listed(jobId));
  await work(task, 'tasks', { task_id: 0, update_dict: { task_state: 'RUNNING' } });
  expect(await state(jobId)).toBe('CANCELED');
});

test('after a logout the cookie is worth nothing', async () => {
  await ui.logOut();
  await expect(ui.whoAmI()).rejects.toMatchObject({ status: 401 });
});

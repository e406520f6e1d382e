import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AdminClient } from '../support/admin.js';
import { call, logIn, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';
import { WorkerProcess } from '../support/worker-process.js';

const WORKERS = resolve('test/support/yaptide_workers.py');

let database: TestDatabase;
let service: RunningService;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url);
  ({ token } = await registerUser(service.url, 'ada'));
});
afterAll(async () => {
  await service.end();
  await database.drop();
});

async function submitEditor(ntasks: number, ...outputs: string[]): Promise<SubmittedJob> {
  const input = { beam: { energy: 150 }, scoringManager: { outputs: outputs.map((name) => ({ name })) } };
  return submit(service.url, token, { input_type: 'editor', input, ntasks });
}

/** Runs a worker to its end; it complains about any answer but 202. */
async function work(kind: 'direct' | 'batch', { sim_id, update_key }: SubmittedJob, ...rest: string[]): Promise<void> {
  const args = ['-B', WORKERS, kind, `${service.url}/yaptide`, String(sim_id), update_key, ...rest];
  const { code, complaints } = await new WorkerProcess('python3', args, {}, tmpdir()).feed('').end;
  expect([code, complaints]).toStrictEqual([0, '']);
}

async function read(path: string, { job_id }: SubmittedJob, more = ''): Promise<unknown> {
  const answer = await call(`${service.url}${path}?job_id=${job_id}${more}`, { token });
  expect([path, answer.status]).toStrictEqual([path, 200]);
  return answer.json();
}

test('a worker with tasks from 0, one of which fails, is understood', async () => {
  const job = await submitEditor(3, 'dose2', 'dose');
  await work('direct', job);
  const finished = { requested_primaries: 1000, end_time: '2026-11-24T09:32:00.000Z' };
  expect(await read('/tasks', job)).toMatchObject({
    job_state: 'COMPLETED',
    tasks: [
      {
        ...finished,
        task_id: 0,
        task_state: 'COMPLETED',
        simulated_primaries: 1000,
        start_time: '2026-11-24T09:30:00.000Z',
      },
      {
        ...finished,
        task_id: 1,
        task_state: 'COMPLETED',
        simulated_primaries: 1000,
        start_time: '2026-11-24T09:30:01.000Z',
      },
      { ...finished, task_id: 2, task_state: 'FAILED', simulated_primaries: 400, estimated_time: 90 },
    ],
  });
  const dimensions = [[0.5, 1.5, 2.5]];
  expect(await read('/results', job)).toMatchObject({
    estimators: [
      { name: 'dose2', pages: [{ page_number: 0, name: 'Dose', data: { values: [4, 5, 6], dimensions } }] },
      {
        name: 'dose',
        pages: [
          { page_number: 0, name: 'Dose', data: { values: [0.1, 0.2, 0.1 + 0.2], dimensions, unit: 'Gy/prim' } },
          { page_number: 1, name: 'Fluence', data: { values: [7.5], dimensions: [] } },
        ],
      },
    ],
  });
  expect(await read('/logfiles', job)).toMatchObject({
    logfiles: { 'shieldhit_0001.log': 'fine\n', 'shieldhit_0002.log': '<b>no beam</b>\n' },
  });
  expect(await read('/yaptide/jobs', job)).toMatchObject({
    job_state: 'COMPLETED',
    job_tasks_status: [
      { task_id: 0, task_state: 'COMPLETED' },
      { task_id: 1, task_state: 'COMPLETED' },
      { task_id: 2, task_state: 'FAILED', estimated_time: { hours: 0, minutes: 1, seconds: 30 } },
    ],
  });
  expect(await read('/yaptide/results', job, '&estimator_name=dose&page_number=0')).toMatchObject({
    page: {
      dimensions: 1,
      metadata: { page_number: '0', name: 'Dose', number_of_bins: '3' },
      data: { name: 'Dose', unit: 'Gy/prim', values: [0.1, 0.2, 0.1 + 0.2] },
      axis_dim1: { name: 'Position (Z)', unit: 'cm', values: [0.5, 1.5, 2.5] },
    },
  });
});

test('a worker on a cluster, whose tasks run side by side, is understood', async () => {
  const job = await submitEditor(2, 'entrance', 'yz_profile');
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-batch-'));
  try {
    await work('batch', job, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
  const finished = {
    task_state: 'COMPLETED',
    simulated_primaries: 5000,
    requested_primaries: 5000,
    start_time: '2026-11-24T09:30:00.000Z',
    end_time: '2026-11-24T09:35:00.000Z',
  };
  expect(await read('/tasks', job)).toMatchObject({
    job_state: 'COMPLETED',
    tasks: [
      { ...finished, task_id: 1 },
      { ...finished, task_id: 2 },
    ],
  });
  expect(await read('/results', job)).toMatchObject({
    estimators: [
      { name: 'entrance', pages: [{ name: 'Dose', data: { values: [2.5], dimensions: [] } }] },
      {
        name: 'yz_profile',
        pages: [
          {
            name: 'LET',
            data: {
              values: [1, null, 3, null, 5, 6],
              dimensions: [
                [-1, 1],
                [0.5, 1.5, 2.5],
              ],
            },
          },
        ],
      },
    ],
  });
  expect(await read('/yaptide/estimators', job)).toMatchObject({
    estimators_metadata: [{ name: 'entrance' }, { name: 'yz_profile' }],
  });
  const admin = new AdminClient(service.url, await logIn(service.url, ADMIN));
  expect((await admin.call(`/admin/simulations/${job.job_id}`)).json()).toMatchObject({
    simulation: { batch: { job_dir: folder, array_id: '4711', collect_id: '4712' } },
  });
});

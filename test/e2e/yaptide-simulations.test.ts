import { sql } from '../support/admin.js';
import { call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let service: RunningService;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url);
});
afterAll(async () => {
  await service.end();
  await database.drop();
});

async function work({ job_id, update_key }: SubmittedJob, path: string, content: object): Promise<void> {
  const body = { simulation_id: job_id, update_key, ...content };
  expect((await call(service.url + path, { method: 'POST', body })).status).toBe(202);
}

async function update(job: SubmittedJob, taskId: number, updateDict: object): Promise<void> {
  await work(job, '/tasks', { task_id: taskId, update_dict: updateDict });
}

const ended = (job: SubmittedJob, state: string, endTime?: string) =>
  work(job, '/jobs', { job_state: state, ...(endTime !== undefined && { end_time: endTime }) });

async function cancel(job: SubmittedJob, token: string): Promise<void> {
  const url = `${service.url}/simulations/cancel?job_id=${job.job_id}`;
  expect((await call(url, { method: 'POST', token })).status).toBe(202);
}

interface List {
  readonly page_count: number;
  readonly simulations_count: number;
  readonly simulations: readonly { job_id: string; title: string; start_time: string; end_time: string | null }[];
}

describe('GET user/simulations', () => {
  let token: string;
  const jobs: SubmittedJob[] = [];
  const titles = async (query: string) => (await list(query)).simulations.map(({ title }) => title).join('');
  const list = async (query: string, of = token): Promise<List> => {
    const answer = await call(`${service.url}/yaptide/user/simulations${query}`, { token: of });
    expect([answer.status, Object.keys(answer.json())]).toStrictEqual([
      200,
      ['message', 'page_count', 'simulations_count', 'simulations'],
    ]);
    return answer.json() as unknown as List;
  };

  beforeAll(async () => {
    ({ token } = await registerUser(service.url, 'ada'));
    await submit(service.url, (await registerUser(service.url, 'somebody else')).token);
    for (const title of 'ABCDEFGH') jobs.push(await submit(service.url, token, { title }));
    const [a, b, c, d] = jobs as [SubmittedJob, SubmittedJob, SubmittedJob, SubmittedJob];
    await ended(a, 'FAILED', '2026-11-24T12:00:03Z');
    await ended(b, 'FAILED', '2026-11-24T12:00:01Z');
    await ended(c, 'CANCELED', '2026-11-24T12:00:02.750Z');
    await update(d, 1, { task_state: 'RUNNING', start_time: '2026-11-24T11:00:00Z' });
  });

  it('has six a page, the last submitted first, and counts all of them', async () => {
    const page = await list('');
    expect([page.page_count, page.simulations_count]).toStrictEqual([2, 8]);
    expect(page.simulations.map(({ title }) => title).join('')).toBe('HGFEDC');
  });

  it('shows each with exact members and dates in RFC 1123', async () => {
    const { simulations } = await list('?page_size=8&order_type=ascend');
    const [job] = jobs;
    expect(simulations[0]).toStrictEqual({
      job_id: job?.job_id,
      title: 'A',
      start_time: expect.stringMatching(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/) as string,
      end_time: 'Tue, 24 Nov 2026 12:00:03 GMT',
      metadata: { platform: 'DIRECT', server: 'Yaptide', input_type: 'FILES', sim_type: 'shieldhit' },
    });
    expect(simulations.map(({ end_time }) => end_time)).toStrictEqual([
      'Tue, 24 Nov 2026 12:00:03 GMT',
      'Tue, 24 Nov 2026 12:00:01 GMT',
      'Tue, 24 Nov 2026 12:00:02 GMT',
      ...Array<null>(5).fill(null),
    ]);
    const [row] = await sql(database.url, `SELECT created_at FROM simulation WHERE id = ${job?.sim_id ?? 0}`);
    expect(simulations[0]?.start_time).toBe((row?.['created_at'] as Date).toUTCString());
  });

  it.each([
    ['?page_idx=2', 'BA'],
    ['?page_idx=3&page_size=3', 'BA'],
    ['?page_idx=1&page_size=3&order_type=ascend', 'ABC'],
    ['?page_idx=2&page_size=3&order_type=ascend&order_by=start_time', 'DEF'],
    ['?page_size=8&order_by=end_time&order_type=ascend', 'BCADEFGH'],
    ['?page_size=8&order_by=end_time&order_type=descend', 'HGFEDACB'],
    ['?page_size=2&page_idx=2&order_by=end_time&order_type=ascend&job_state=FAILED,CANCELED', 'A'],
    ['?page_size=8&job_state=FAILED', 'BA'],
    ['?page_size=8&job_state=RUNNING,CANCELED', 'DC'],
    ['?page_size=8&job_state=', 'HGFEDCBA'],
    ['?page_size=8&no_such_parameter=1', 'HGFEDCBA'],
    ['?page_idx=3', ''],
    ['?page_idx=2147483647&page_size=1000', ''],
    ['?job_state=COMPLETED', ''],
  ])('%s shows %s', async (query, expected) => {
    expect(await titles(query)).toBe(expected);
  });

  it.each([
    ['?job_state=FAILED&page_size=1', 2, 2],
    ['?page_idx=9', 2, 8],
    ['?job_state=COMPLETED', 0, 0],
    ['?page_size=4', 2, 8],
  ])('%s tells %d pages of %d simulations', async (query, pages, simulations) => {
    const { page_count, simulations_count } = await list(query);
    expect([page_count, simulations_count]).toStrictEqual([pages, simulations]);
  });

  it('breaks ties by number', async () => {
    await sql(database.url, "UPDATE simulation SET created_at = '2026-11-24T00:00:00Z' WHERE title IN ('E', 'F', 'G')");
    expect(await titles('?page_size=8')).toBe('HDCBAGFE');
    expect(await titles('?page_size=8&order_type=ascend')).toBe('EFGABCDH');
  });

  it('is empty for who has none, and 304 while nothing changed', async () => {
    const { token: other } = await registerUser(service.url, 'nobody');
    expect(await list('', other)).toStrictEqual({
      message: expect.any(String) as string,
      page_count: 0,
      simulations_count: 0,
      simulations: [],
    });
    const url = `${service.url}/yaptide/user/simulations`;
    const { etag } = (await call(url, { token: other })).headers;
    expect((await call(url, { token: other, headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it.each([
    ['?page_idx=0', /^page_idx: must be an integer from 1 to /],
    ['?page_idx=-1', /^page_idx: /],
    ['?page_size=1001', /^page_size: must be an integer from 1 to 1000$/],
    ['?page_size=x', /^page_size: /],
    ['?page_size=1&page_size=2', /^page_size: is repeated$/],
    ['?order_by=title', /^order_by: must be one of start_time, end_time$/],
    ['?order_type=asc', /^order_type: must be one of ascend, descend$/],
    ['?job_state=DONE', /^job_state: "DONE" is not one of /],
    ['?job_state=FAILED,', /^job_state: "" is not one of /],
  ])('%s is refused by name', async (query, message) => {
    const answer = await call(`${service.url}/yaptide/user/simulations${query}`, { token });
    expect([answer.status, answer.json()]).toStrictEqual([400, { message: expect.stringMatching(message) as string }]);
  });
});

describe('DELETE user/simulations', () => {
  let token: string;
  beforeAll(async () => ({ token } = await registerUser(service.url, 'deleter')));
  const remove = async ({ job_id }: SubmittedJob, by = token) =>
    call(`${service.url}/yaptide/user/simulations?job_id=${job_id}`, { method: 'DELETE', token: by });
  const statusOf = async ({ job_id }: SubmittedJob) =>
    (await call(`${service.url}/yaptide/jobs?job_id=${job_id}`, { token })).status;

  it.each([
    ['PENDING', () => Promise.resolve()],
    ['RUNNING', (job: SubmittedJob) => update(job, 1, { task_state: 'RUNNING' })],
    ['MERGING_QUEUED', (job: SubmittedJob) => ended(job, 'MERGING_QUEUED')],
    ['MERGING_RUNNING', (job: SubmittedJob) => ended(job, 'MERGING_RUNNING')],
  ])('refuses one that is %s, and says why', async (state, prepare) => {
    const job = await submit(service.url, token);
    await prepare(job);
    const answer = await remove(job);
    expect([answer.status, answer.json()]).toStrictEqual([
      403,
      { message: `The simulation is ${state}: only one that has ended can be deleted, cancel it first` },
    ]);
    expect(await statusOf(job)).toBe(200);
    await cancel(job, token);
    expect((await remove(job)).status).toBe(200);
    expect(await statusOf(job)).toBe(404);
  });

  it.each([
    ['FAILED', (job: SubmittedJob) => ended(job, 'FAILED')],
    ['CANCELED', (job: SubmittedJob) => cancel(job, token)],
    ['COMPLETED', (job: SubmittedJob) => work(job, '/results', { estimators: [] })],
  ])('removes one that is %s', async (_, prepare) => {
    const job = await submit(service.url, token);
    await prepare(job);
    const answer = await remove(job);
    expect([answer.status, answer.json()]).toStrictEqual([200, { message: 'Simulation deleted' }]);
    expect(await statusOf(job)).toBe(404);
    expect((await remove(job)).json()).toStrictEqual({ message: 'Job with provided ID does not exist' });
  });

  it('answers a stranger as if there were no such simulation', async () => {
    const job = await submit(service.url, token);
    await cancel(job, token);
    const { token: stranger } = await registerUser(service.url, 'stranger');
    const answer = await remove(job, stranger);
    expect([answer.status, answer.json()]).toStrictEqual([404, { message: 'Job with provided ID does not exist' }]);
    expect(await statusOf(job)).toBe(200);
  });

  it('never removes one that a worker brings back to life at the same time', async () => {
    for (let round = 0; round < 10; round++) {
      const job = await submit(service.url, token, { ntasks: 1 });
      await update(job, 1, { task_state: 'FAILED' });
      const body = {
        simulation_id: job.job_id,
        update_key: job.update_key,
        task_id: 2,
        update_dict: { task_state: 'RUNNING' },
      };
      const [removed, updated] = await Promise.all([
        remove(job),
        call(`${service.url}/tasks`, { method: 'POST', body }),
      ]);
      expect([
        [200, 403],
        [403, 202],
        [200, 202],
      ]).toContainEqual([removed.status, updated.status]);
      if (removed.status === 403) expect(await statusOf(job)).toBe(200);
      else expect(await statusOf(job)).toBe(404);
    }
  });
});

describe('GET jobs', () => {
  let token: string;
  beforeAll(async () => ({ token } = await registerUser(service.url, 'watcher')));
  const status = async ({ job_id }: SubmittedJob, path = '/jobs') =>
    call(`${service.url}/yaptide${path}?job_id=${job_id}`, { token });

  it.each(['/jobs', '/jobs/direct', '/jobs/batch'])(
    'at %s shows the job and its tasks, and leaves out what is unknown',
    async (path) => {
      const job = await submit(service.url, token, { ntasks: 3 });
      await update(job, 2, {
        task_state: 'RUNNING',
        requested_primaries: 1000,
        simulated_primaries: 250,
        start_time: '2023-06-15 13:47:23.999999',
        estimated_time: 3_725,
      });
      await update(job, 1, {
        task_state: 'COMPLETED',
        requested_primaries: 1000,
        start_time: '2023-06-15T13:47:23Z',
        end_time: '2023-06-15T14:00:00Z',
      });
      const received = expect.stringMatching(/^\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT$/) as string;
      const answer = await status(job, path);
      expect([answer.status, answer.json()]).toStrictEqual([
        200,
        {
          message: expect.any(String) as string,
          job_state: 'RUNNING',
          job_tasks_status: [
            {
              task_id: 1,
              task_state: 'COMPLETED',
              requested_primaries: 1000,
              simulated_primaries: 1000,
              start_time: 'Thu, 15 Jun 2023 13:47:23 GMT',
              end_time: 'Thu, 15 Jun 2023 14:00:00 GMT',
              last_update_time: received,
            },
            {
              task_id: 2,
              task_state: 'RUNNING',
              requested_primaries: 1000,
              simulated_primaries: 250,
              start_time: 'Thu, 15 Jun 2023 13:47:23 GMT',
              last_update_time: received,
              estimated_time: { hours: 1, minutes: 2, seconds: 5 },
            },
            { task_id: 3, task_state: 'PENDING', requested_primaries: 0, simulated_primaries: 0 },
          ],
        },
      ]);
    },
  );

  it('numbers tasks from 0 where their worker does', async () => {
    const job = await submit(service.url, token, { ntasks: 2 });
    await update(job, 0, { task_state: 'RUNNING' });
    const tasks = (await status(job)).json()['job_tasks_status'] as { task_id: number }[];
    expect(tasks.map(({ task_id }) => task_id)).toStrictEqual([0, 1]);
  });
});

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { AdminClient, outcome, sql } from '../support/admin.js';
import { call, logIn, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

const NO_SUCH_JOB = [404, 'Job with provided ID does not exist'];

let database: TestDatabase;
let service: RunningService;
let admin: AdminClient;
let adminToken: string;
let ada: { username: string; token: string };
let bob: { username: string; token: string };

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url);
  adminToken = await logIn(service.url, ADMIN);
  admin = new AdminClient(service.url, adminToken);
  ada = await registerUser(service.url, 'ada');
  bob = await registerUser(service.url, 'bob');
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

async function work(path: string, { job_id, update_key }: SubmittedJob, content: object): Promise<void> {
  const body = { simulation_id: job_id, update_key, ...content };
  expect((await call(service.url + path, { method: 'POST', body })).status).toBe(202);
}

const page = (pageNumber: number) => ({
  page_number: pageNumber,
  name: 'Z (Dose)',
  data: { values: [0.1, 0.4, 0.2], dimensions: [[0.5, 1.5, 2.5]], unit: 'Gy' },
});

/** A finished simulation with two pages, one log file and two tasks. */
async function finishedJob(token: string, submission: object = {}): Promise<SubmittedJob> {
  const job = await submit(service.url, token, submission);
  await work('/logfiles', job, { task_id: 1, logfiles: { stdout: 'Starting simulation...\n' } });
  await work('/tasks', job, {
    task_id: 1,
    update_dict: { task_state: 'COMPLETED', start_time: '2026-11-24T09:00:00Z' },
  });
  await work('/tasks', job, { task_id: 2, update_dict: { task_state: 'FAILED', end_time: '2026-11-24T09:01:00Z' } });
  await work('/results', job, { estimators: [{ name: 'Dose', pages: [page(1), page(2)] }] });
  return job;
}

/** What payload_block holds of a simulation: the truth behind every sum. */
async function bytesOf(simId: number): Promise<{ stored: number; raw: number }> {
  const [row] = await sql(
    database.url,
    `SELECT coalesce(sum(coalesce(length(body), 0) + coalesce(length(axis1), 0) + coalesce(length(axis2), 0) + coalesce(length(axis3), 0)), 0)::int AS stored,
            coalesce(sum((SELECT sum(n) FROM unnest(raw_len) n)), 0)::int AS raw
       FROM payload_block WHERE simulation_id = $1 AND payload_id NOT IN (SELECT payload_id FROM superseded_payload)`,
    [simId],
  );
  return row as unknown as { stored: number; raw: number };
}

describe('the simulations of all users', () => {
  test('are listed with owner, state and bytes', async () => {
    const job = await finishedJob(ada.token, { title: 'Listed' });
    const { simulations, ...rest } = (await admin.call('/admin/simulations?title=listed')).json();
    expect(rest).toStrictEqual({ message: 'Simulations', next_cursor: null });
    expect(simulations).toStrictEqual([
      {
        job_id: job.job_id,
        sim_id: job.sim_id,
        title: 'Listed',
        user_id: await admin.userId('ada'),
        username: 'ada',
        sim_type: 'shieldhit',
        input_type: 'files',
        job_state: 'COMPLETED',
        ntasks: 2,
        created_at: expect.stringMatching(/Z$/) as unknown,
        start_time: '2026-11-24T09:00:00.000Z',
        end_time: '2026-11-24T09:01:00.000Z',
        stored_bytes: (await bytesOf(job.sim_id)).stored,
      },
    ]);
  });

  test('say the same of times and state as the list of the owner', async () => {
    const pick = ({ job_state, start_time, end_time }: Record<string, unknown>) => [job_state, start_time, end_time];
    const all = await admin.walk('/admin/simulations?username=ada', 'simulations', 200);
    const own = (await call(`${service.url}/simulations?limit=200`, { token: ada.token })).json()['simulations'];
    expect(all.map(pick)).toStrictEqual((own as Record<string, unknown>[]).map(pick));
  });

  test('are filtered by everything', async () => {
    const shared = { title: 'Filter 100% me_', sim_type: 'fluka' };
    const one = await submit(service.url, ada.token, { ...shared, job_id: 'Filter-One' });
    const two = await submit(service.url, bob.token, {
      ...shared,
      input_type: 'editor',
      input: {},
      job_id: 'filter-two',
    });
    await work('/tasks', two, { task_id: 1, update_dict: { task_state: 'RUNNING' } });
    const ids = async (filter: string) =>
      (await admin.walk(`/admin/simulations?${filter}`, 'simulations', 200)).map((found) => found['job_id']);
    expect(await ids('sim_type=fluka')).toStrictEqual([two.job_id, one.job_id]);
    expect(await ids('sim_type=FLUKA')).toStrictEqual([]);
    expect(await ids('sim_type=fluka&username=bob')).toStrictEqual([two.job_id]);
    expect(await ids('sim_type=fluka&username=bo')).toStrictEqual([]);
    expect(await ids('sim_type=fluka&job_state=RUNNING')).toStrictEqual([two.job_id]);
    expect(await ids('sim_type=fluka&job_state=RUNNING,PENDING')).toStrictEqual([two.job_id, one.job_id]);
    expect(await ids('sim_type=fluka&input_type=files')).toStrictEqual([one.job_id]);
    expect(await ids('title=100%25%20ME_')).toStrictEqual([two.job_id, one.job_id]);
    expect(await ids('title=100%25me')).toStrictEqual([]);
    expect(await ids('job_id=FILTER-')).toStrictEqual([two.job_id, one.job_id]);
    expect(await ids('job_id=-two')).toStrictEqual([two.job_id]);
    expect(await ids('unknown=1&username=nobody')).toStrictEqual([]);
  });

  test('are walked over exactly once, newest first, while more come in', async () => {
    const owner = await registerUser(service.url, 'walker');
    const submitted: string[] = [];
    for (let index = 0; index < 7; index++) submitted.unshift((await submit(service.url, owner.token)).job_id);
    const walked = await admin.walk('/admin/simulations?username=walker&job_state=PENDING', 'simulations', 3, () =>
      submit(service.url, owner.token),
    );
    expect(walked.map((found) => found['job_id'])).toStrictEqual(submitted);
  });

  test.each([
    ['limit=x', 'limit: must be an integer from 1 to 200'],
    ['cursor=0', 'cursor: must be the next_cursor of an earlier answer'],
    [
      'job_state=RUNNING,DONE',
      'job_state: "DONE" is not one of PENDING, RUNNING, MERGING_QUEUED, MERGING_RUNNING, COMPLETED, FAILED, CANCELED, UNKNOWN',
    ],
    ['input_type=file', 'input_type: must be editor or files'],
    ['sim_type=', 'sim_type: must have 1 to 64 characters'],
    ['title=%00', 'title: must not contain U+0000'],
    ['job_id=a&job_id=b', 'job_id: is repeated'],
    [`username=${'x'.repeat(65)}`, 'username: must have 1 to 64 characters'],
  ])('GET /admin/simulations?%s is 400', async (query, message) => {
    expect(await outcome(admin.call(`/admin/simulations?${query}`))).toStrictEqual([400, message]);
  });
});

describe('one simulation', () => {
  test('is shown with counts, task states and bytes that are true', async () => {
    const job = await finishedJob(ada.token);
    const { message, simulation } = (await admin.call(`/admin/simulations/${job.job_id}`)).json();
    expect(message).toBe('Simulation');
    const shown = simulation as Record<'results' | 'logs' | 'input', { stored_bytes: number; raw_bytes: number }>;
    expect(shown).toMatchObject({
      job_id: job.job_id,
      username: 'ada',
      job_state: 'COMPLETED',
      reported_state: null,
      canceled_at: null,
      batch: { job_dir: null, array_id: null, collect_id: null },
      task_states: { PENDING: 0, RUNNING: 0, CANCELED: 0, FAILED: 1, COMPLETED: 1 },
      results: { final: true, final_at: expect.any(String) as unknown, estimators: 1, pages: 2, pages_total: 0 },
      logs: { files: 1, raw_bytes: JSON.stringify('Starting simulation...\n').length },
    });
    const { results, logs, input } = shown;
    const sum = (key: 'stored_bytes' | 'raw_bytes') => results[key] + logs[key] + input[key];
    expect({ stored: sum('stored_bytes'), raw: sum('raw_bytes') }).toStrictEqual(await bytesOf(job.sim_id));
    expect(simulation).toMatchObject({ stored_bytes: sum('stored_bytes') });
  });

  test('is conditional, and not final while it runs', async () => {
    const job = await submit(service.url, ada.token);
    const first = await admin.call(`/admin/simulations/${job.job_id}`);
    expect(first.json()).toMatchObject({ simulation: { results: { final: false, final_at: null, pages: 0 } } });
    const headers = { 'if-none-match': String(first.headers.etag) };
    expect((await admin.call(`/admin/simulations/${job.job_id}`, { headers })).status).toBe(304);
    await work('/tasks', job, { task_id: 1, update_dict: { task_state: 'RUNNING' } });
    expect((await admin.call(`/admin/simulations/${job.job_id}`, { headers })).status).toBe(200);
  });

  test.each(['nowhere', '%00', 'a%2Fb', 'x'.repeat(129)])('%s is not there', async (jobId) => {
    for (const method of ['GET', 'DELETE'])
      expect(await outcome(admin.call(`/admin/simulations/${jobId}`, { method }))).toStrictEqual(NO_SUCH_JOB);
  });

  test('is read by an admin through the ordinary endpoints, which is nothing for the audit log', async () => {
    const job = await finishedJob(ada.token);
    for (const path of ['results', 'estimators', 'inputs', 'logfiles', 'tasks'])
      expect((await admin.call(`/${path}?job_id=${job.job_id}`)).status).toBe(200);
    expect(await admin.auditOf(job.job_id)).toStrictEqual([]);
  });
});

describe("what an admin does to somebody else's simulation", () => {
  const entry = (job: SubmittedJob, action: string, more = {}) => ({
    admin: ADMIN.username,
    action,
    subject: job.job_id,
    details: { sim_id: job.sim_id, owner: 'ada', ...more },
  });

  test('a deletion is logged, and the simulation is gone', async () => {
    const job = await finishedJob(ada.token, { title: 'Gone soon' });
    const removal = () => outcome(admin.call(`/admin/simulations/${job.job_id}`, { method: 'DELETE' }));
    expect(await removal()).toStrictEqual([200, 'Simulation deleted']);
    expect(await removal()).toStrictEqual(NO_SUCH_JOB);
    expect(await outcome(call(`${service.url}/tasks?job_id=${job.job_id}`, { token: ada.token }))).toStrictEqual(
      NO_SUCH_JOB,
    );
    expect(await outcome(admin.call(`/admin/simulations/${job.job_id}`))).toStrictEqual(NO_SUCH_JOB);
    expect(await admin.auditOf(job.job_id)).toStrictEqual([entry(job, 'simulation.delete', { title: 'Gone soon' })]);
  });

  test('cancelling, a new key and deleting through the ordinary endpoints are logged too, each once', async () => {
    const job = await submit(service.url, ada.token, { title: 'Through the other door' });
    const path = (action: string) => `/simulations${action}?job_id=${job.job_id}`;
    expect((await admin.call(path('/cancel'), { method: 'POST' })).status).toBe(202);
    expect((await admin.call(path('/cancel'), { method: 'POST' })).status).toBe(202);
    const renewed = (await admin.call(path('/update-key'), { method: 'POST' })).json();
    expect((await admin.call(path(''), { method: 'DELETE' })).status).toBe(200);
    expect(await admin.auditOf(job.job_id)).toStrictEqual([
      entry(job, 'simulation.cancel'),
      entry(job, 'simulation.update-key'),
      entry(job, 'simulation.delete', { title: 'Through the other door' }),
    ]);
    const stored = JSON.stringify(await sql(database.url, 'SELECT * FROM audit_log'));
    for (const key of [job.update_key, String(renewed['update_key'])]) expect(stored).not.toContain(key);
  });

  test("owners' deeds and those of admins on their own are not logged", async () => {
    for (const token of [ada.token, adminToken]) {
      const job = await submit(service.url, token);
      const path = (action: string) => `${service.url}/simulations${action}?job_id=${job.job_id}`;
      await call(path('/cancel'), { method: 'POST', token });
      await call(path('/update-key'), { method: 'POST', token });
      expect((await call(path(''), { method: 'DELETE', token })).status).toBe(200);
      expect(await admin.auditOf(job.job_id)).toStrictEqual([]);
    }
  });

  test('a stranger who tries is refused and leaves no trace', async () => {
    const job = await submit(service.url, ada.token);
    const cancel = call(`${service.url}/simulations/cancel?job_id=${job.job_id}`, { method: 'POST', token: bob.token });
    expect(await outcome(cancel)).toStrictEqual(NO_SUCH_JOB);
    expect(await admin.auditOf(job.job_id)).toStrictEqual([]);
  });
});

describe('storage by user', () => {
  type Sums = Record<'stored_bytes' | 'raw_bytes', number>;
  type Usage = Sums & { username: string; simulations: number; pages: number; log_files: number } & Record<
      'results' | 'logs' | 'inputs',
      Sums
    >;

  test('is what the stored payloads amount to, the largest first, with totals of all', async () => {
    const owner = await registerUser(service.url, 'hoarder');
    const jobs = [await finishedJob(owner.token), await finishedJob(owner.token)];
    // Replaced pages and deleted simulations don't count.
    await work('/results', jobs[0] as SubmittedJob, {
      estimators: [{ name: 'Dose', pages: [{ ...page(1), data: { values: [9], dimensions: [[1]], unit: 'Gy' } }] }],
    });
    const deleted = await finishedJob(owner.token);
    await call(`${service.url}/simulations?job_id=${deleted.job_id}`, { method: 'DELETE', token: owner.token });

    const { users, totals, message } = (await admin.call('/admin/storage')).json();
    expect(message).toBe('Storage');
    const list = users as Usage[];
    const mine = list.find(({ username }) => username === 'hoarder');
    const truth = await Promise.all(jobs.map(({ sim_id }) => bytesOf(sim_id)));
    expect(mine).toMatchObject({
      simulations: 2,
      pages: 4,
      log_files: 2,
      stored_bytes: truth.reduce((sum, { stored }) => sum + stored, 0),
      raw_bytes: truth.reduce((sum, { raw }) => sum + raw, 0),
    });
    for (const key of ['stored_bytes', 'raw_bytes'] as const) {
      for (const usage of [...list, totals as Usage])
        expect(usage[key]).toBe(usage.results[key] + usage.logs[key] + usage.inputs[key]);
      expect((totals as Usage)[key]).toBe(list.reduce((sum, usage) => sum + usage[key], 0));
    }
    const bytes = list.map(({ stored_bytes }) => stored_bytes);
    expect(bytes).toStrictEqual(bytes.toSorted((a, b) => b - a));
    expect(list.map(({ username }) => username)).toContain(ADMIN.username);
  });

  test('is walked over exactly once, those with equally much too, while users come', async () => {
    for (let index = 0; index < 3; index++) await registerUser(service.url, `empty-${index}`);
    const before = (await admin.walk('/admin/users', 'users', 200)).map((user) => user['username'] as string);
    let late = 0;
    const walked = await admin.walk('/admin/storage', 'users', 2, () => {
      late += 1;
      return late < 3 ? registerUser(service.url, `empty-late-${late}`) : Promise.resolve();
    });
    const names = walked.map((user) => user['username'] as string);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => before.includes(name)).sort()).toStrictEqual(before.sort());
  });

  test('shows the totals behind the last user too', async () => {
    const { users, totals, next_cursor } = (await admin.call('/admin/storage?cursor=0.2147483647')).json();
    expect([users, next_cursor]).toStrictEqual([[], null]);
    expect((totals as Usage).simulations).toBeGreaterThan(0);
  });

  test.each(['x', '1', '1.', '1.2.3', '99999999999999999.1', '1.9999999999'])(
    'the cursor %s is 400',
    async (cursor) => {
      const wrong = [400, 'cursor: must be the next_cursor of an earlier answer'];
      expect(await outcome(admin.call(`/admin/storage?cursor=${cursor}`))).toStrictEqual(wrong);
    },
  );
});

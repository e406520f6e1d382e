import { type Answer, call, logIn, registerUser, submit } from '../support/client.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

const MAX_MESSAGE_BYTES = 20_000;
const PROJECT = { project: { title: 'Proton pencil beam' }, beam: { energy: 150, numberOfParticles: 1000 } };

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  const limit = { MAX_MESSAGE_BYTES: String(MAX_MESSAGE_BYTES) };
  service = await startService(database.url, { ...broker.settings, ...limit });
  ({ token } = await registerUser(service.url, 'ada'));
});
afterAll(async () => {
  await service.end();
  await broker.close();
  await database.drop();
});

async function post(path: string, body: object, url = service.url): Promise<Answer> {
  return call(`${url}/yaptide/${path}`, { method: 'POST', token, body });
}

async function submitted(path: string, body: object): Promise<string> {
  const answer = await post(path, body);
  expect([answer.status, answer.json()]).toStrictEqual([
    202,
    { message: expect.any(String) as string, job_id: expect.any(String) as string },
  ]);
  return String(answer.json()['job_id']);
}

async function tasksOf(jobId: string, count: number) {
  const found: Awaited<ReturnType<TestBroker['takeTasks']>> = [];
  await eventually(async () => {
    found.push(...(await broker.takeTasks()).filter(({ body }) => body['job_id'] === jobId));
    expect(found).toHaveLength(count);
  });
  return found.map(({ body }) => body);
}

async function listed(jobId: string): Promise<Record<string, unknown>> {
  const answer = await call(`${service.url}/yaptide/user/simulations?page_size=50`, { token });
  const all = answer.json()['simulations'] as Record<string, unknown>[];
  return all.find((one) => one['job_id'] === jobId) ?? {};
}

async function jobState(jobId: string): Promise<unknown> {
  return (await call(`${service.url}/yaptide/jobs?job_id=${jobId}`, { token })).json()['job_state'];
}

test('a project of the editor is registered and handed out, one message a task, numbered from 0', async () => {
  const body = { input_json: PROJECT, input_type: 'editor', sim_type: 'shieldhit', ntasks: 3, title: 'Mine', more: {} };
  const jobId = await submitted('jobs/direct', body);
  const messages = await tasksOf(jobId, 3);
  expect(messages.map((message) => message['task_id'])).toStrictEqual([0, 1, 2]);
  expect(messages[1]).toMatchObject({ title: 'Mine', sim_type: 'shieldhit', input_type: 'editor', input: PROJECT });
  expect(await listed(jobId)).toMatchObject({ title: 'Mine', metadata: { platform: 'DIRECT', input_type: 'EDITOR' } });
  const inputs = (await call(`${service.url}/yaptide/inputs?job_id=${jobId}`, { token })).json();
  expect(inputs['input']).toMatchObject({ input_type: 'EDITOR', input_json: PROJECT });
});

test('the key in the messages is the one that its workers write with', async () => {
  const jobId = await submitted('jobs/direct', { input_json: PROJECT, sim_type: 'shieldhit' });
  const [message] = await tasksOf(jobId, 1);
  const update = { task_id: message?.['task_id'], update_dict: { task_state: 'RUNNING' } };
  const body = { simulation_id: message?.['sim_id'], update_key: message?.['update_key'], ...update };
  expect((await call(`${service.url}/tasks`, { method: 'POST', body })).status).toBe(202);
  expect(await jobState(jobId)).toBe('RUNNING');
});

test('files for a batch system: numbered from 1, with its options, which admins see', async () => {
  const files = { 'beam.dat': 'JPART0 2\nNSTAT 1000 -1\n', 'geo.dat': '…' };
  const options = { cluster_name: 'big', array_options: '--time=00:10:00' };
  const body = { input_files: files, input_type: 'files', sim_type: 'fluka', ntasks: 2, batch_options: options };
  const jobId = await submitted('jobs/batch', body);
  const messages = await tasksOf(jobId, 2);
  expect(messages.map((message) => message['task_id'])).toStrictEqual([1, 2]);
  expect(messages[0]).toMatchObject({ platform: 'BATCH', batch_options: options, input: files });
  expect(await listed(jobId)).toMatchObject({
    title: 'Simulation with fluka',
    metadata: { platform: 'BATCH', input_type: 'FILES', sim_type: 'fluka' },
  });
  const admin = await logIn(service.url, ADMIN);
  const shown = (await call(`${service.url}/admin/simulations/${jobId}`, { token: admin })).json();
  expect(shown['simulation']).toMatchObject({ platform: 'BATCH', batch_options: options });
});

test('without a title it gets that of the project, and one task where no number is named', async () => {
  const jobId = await submitted('jobs/direct', { input_json: PROJECT, sim_type: 'geant4' });
  expect(await listed(jobId)).toMatchObject({ title: 'Proton pencil beam' });
  expect(await tasksOf(jobId, 1)).toMatchObject([{ ntasks: 1, title: 'Proton pencil beam' }]);
});

test.each([
  [{ sim_type: 'shieldhit' }, 'input_json, input_files: one of them is required'],
  [
    { sim_type: 'shieldhit', input_json: PROJECT, input_files: {} },
    'input_json, input_files: only one of them may be there',
  ],
  [{ sim_type: 'shieldhit', input_json: null, input_files: null }, 'input_json, input_files: one of them is required'],
  [{ sim_type: 'x', input_json: PROJECT, input_type: 'files' }, 'input_type: must be editor where input_json is sent'],
  [{ sim_type: 'shieldhit', input_json: [] }, 'input_json: must be an object'],
  [{ sim_type: 'shieldhit', input_files: { 'beam.dat': 1 } }, 'input_files.beam.dat: must be a string'],
  [{ input_json: PROJECT }, 'sim_type: is required'],
  [{ sim_type: 'shieldhit', input_json: PROJECT, ntasks: 0 }, 'ntasks: must be an integer from 1 to 10000'],
  [{ sim_type: 'shieldhit', input_json: PROJECT, ntasks: 10_001 }, 'ntasks: must be an integer from 1 to 10000'],
  [{ sim_type: 'shieldhit', input_json: PROJECT, ntasks: '2' }, 'ntasks: must be an integer from 1 to 10000'],
  [{ sim_type: 'shieldhit', input_json: PROJECT, title: 'a\0b' }, 'title: must not contain U+0000'],
  [{ sim_type: 'shieldhit', input_json: PROJECT, batch_options: 'big' }, 'batch_options: must be an object'],
])('%j is refused by name', async (body, message) => {
  const answer = await post('jobs/direct', body);
  expect(answer.status).toBe(400);
  expect(Object.keys(answer.json())).toStrictEqual(['message']);
  expect(answer.json()['message']).toContain(message);
});

test('an input that no message holds is refused with the limit, and nothing is registered', async () => {
  const before = (await call(`${service.url}/yaptide/user/simulations`, { token })).json()['simulations_count'];
  const input_files = { 'beam.dat': 'x'.repeat(MAX_MESSAGE_BYTES - 200) };
  const answer = await post('jobs/direct', { sim_type: 'shieldhit', input_files, ntasks: 2 });
  expect([answer.status, answer.json()]).toStrictEqual([
    413,
    {
      message: `input_files: the message that hands out a task would be larger than the limit of ${MAX_MESSAGE_BYTES} bytes`,
    },
  ]);
  const after = (await call(`${service.url}/yaptide/user/simulations`, { token })).json()['simulations_count'];
  expect(after).toBe(before);
});

test('an input just below that limit is handed out', async () => {
  const input_files = { 'beam.dat': 'x'.repeat(MAX_MESSAGE_BYTES - 1_000) };
  const jobId = await submitted('jobs/direct', { sim_type: 'shieldhit', input_files });
  expect(await tasksOf(jobId, 1)).toMatchObject([{ input: input_files }]);
});

describe('cancelling', () => {
  let told = 0;

  /** The cancellations so far. */
  async function canceledJobs(more: number): Promise<unknown[]> {
    told += more;
    return (await broker.readCanceled(told)).map(({ body }) => body['job_id']);
  }

  test.each(['jobs', 'jobs/direct', 'jobs/batch'])(
    'DELETE /yaptide/%s marks it and tells its workers',
    async (path) => {
      const jobId = await submitted('jobs/direct', { input_json: PROJECT, sim_type: 'shieldhit' });
      const answer = await call(`${service.url}/yaptide/${path}?job_id=${jobId}`, { method: 'DELETE', token });
      expect([answer.status, answer.json()]).toStrictEqual([200, { message: 'Job canceled' }]);
      expect(await jobState(jobId)).toBe('CANCELED');
      expect(await canceledJobs(1)).toContain(jobId);
    },
  );

  test("root's cancelling tells them as well", async () => {
    const jobId = await submitted('jobs/direct', { input_json: PROJECT, sim_type: 'shieldhit' });
    await call(`${service.url}/simulations/cancel?job_id=${jobId}`, { method: 'POST', token });
    expect(await canceledJobs(1)).toContain(jobId);
  });

  test('what has ended stays as it is', async () => {
    const { job_id: jobId, update_key } = await submit(service.url, token);
    const final = { simulation_id: jobId, update_key, estimators: [] };
    expect((await call(`${service.url}/results`, { method: 'POST', body: final })).status).toBe(202);
    const answer = await call(`${service.url}/yaptide/jobs?job_id=${jobId}`, { method: 'DELETE', token });
    expect([answer.status, answer.json()]).toStrictEqual([200, { message: 'The job has ended already: COMPLETED' }]);
    expect(await jobState(jobId)).toBe('COMPLETED');
  });

  test("somebody else's is not there", async () => {
    const jobId = await submitted('jobs/direct', { input_json: PROJECT, sim_type: 'shieldhit' });
    const { token: other } = await registerUser(service.url, 'eve');
    const answer = await call(`${service.url}/yaptide/jobs?job_id=${jobId}`, { method: 'DELETE', token: other });
    expect([answer.status, answer.json()]).toStrictEqual([404, { message: 'Job with provided ID does not exist' }]);
    expect(await jobState(jobId)).toBe('PENDING');
  });
});

test('what is handed out is measured', async () => {
  const metrics = (await call(`${service.url}/metrics`)).bytes.toString();
  expect(metrics).toMatch(/tallyhouse_dispatch_published_total\{event="requested"\} \d+/);
  expect(metrics).toMatch(/tallyhouse_dispatch_backlog \d+/);
});

test('a server without RabbitMQ says so, and registers nothing', async () => {
  const alone = await startService(database.url, { ROLE: 'api' });
  const count = async () =>
    (await call(`${alone.url}/yaptide/user/simulations`, { token })).json()['simulations_count'];
  const before = await count();
  const answer = await post('jobs/direct', { input_json: PROJECT, sim_type: 'shieldhit' }, alone.url);
  expect([answer.status, answer.json()]).toStrictEqual([
    503,
    { message: 'Running simulations needs RabbitMQ, and this server was started without' },
  ]);
  expect(await count()).toBe(before);
  await alone.end();
});

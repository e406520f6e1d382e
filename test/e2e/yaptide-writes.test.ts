import { gzipSync } from 'node:zlib';
import { AdminClient, sql } from '../support/admin.js';
import { eventually, TestBroker, until } from '../support/amqp.js';
import { type Answer, call, logIn, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
let token: string;
let admin: AdminClient;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  service = await startService(database.url, { ...broker.settings, LOG_LEVEL: 'info' });
  ({ token } = await registerUser(service.url, 'ada'));
  admin = new AdminClient(service.url, await logIn(service.url, ADMIN));
});
afterAll(async () => {
  await service.end();
  await broker.close();
  await database.drop();
});

/** Sends as the platform's workers do: under the prefix, with the number of the simulation. */
async function send(path: string, { sim_id, update_key }: SubmittedJob, content: object): Promise<Answer> {
  const body = { simulation_id: sim_id, update_key, ...content };
  return call(`${service.url}/yaptide${path}`, { method: 'POST', body });
}

/** Expects exactly this answer: a status, and a message alone. */
async function expectAnswer(answer: Promise<Answer>, status: number, message: unknown): Promise<void> {
  const received = await answer;
  expect([received.status, received.json()]).toStrictEqual([status, { message }]);
}

async function accepted(answer: Promise<Answer>, message: string): Promise<void> {
  await expectAnswer(answer, 202, message);
}

async function read<T>(path: string, { job_id }: SubmittedJob): Promise<T> {
  return (await call(`${service.url}${path}?job_id=${job_id}`, { token })).json() as T;
}

/** A page as a Python worker builds it, of one value that tells where it came from. */
const page = (value: number, number = 0) => ({
  dimensions: 0,
  metadata: { page_number: String(number), name: 'Dose' },
  data: { name: 'Dose', unit: 'Gy', values: [value] },
});

/** Estimators by the names in the body, each with one page of one value. */
function estimators(values: Readonly<Record<string, number>>): object[] {
  return Object.entries(values).map(([name, value]) => ({ name, metadata: {}, pages: [page(value)] }));
}

/** A simulation with an editor project that has these outputs. */
async function editorJob(...outputs: string[]): Promise<SubmittedJob> {
  const scoringManager = {
    name: 'Outputs',
    outputs: outputs.map((name) => ({ name, quantities: [{ name: 'Dose' }] })),
  };
  return submit(service.url, token, { input_type: 'editor', input: { project: { title: 'water' }, scoringManager } });
}

/** What is stored: the values by the names under which they are read. */
async function valuesByName(job: SubmittedJob): Promise<Record<string, number | undefined>> {
  interface Read {
    readonly name: string;
    readonly pages: readonly { readonly data: { readonly values: readonly number[] } }[];
  }
  const found = (await read<{ estimators: Read[] }>('/results', job)).estimators;
  expect(new Set(found.map(({ name }) => name)).size).toBe(found.length);
  return Object.fromEntries(found.map(({ name, pages }) => [name, pages[0]?.data.values[0]]));
}

/** What the log says of the uploads of a simulation. */
async function namings({ job_id }: SubmittedJob, uploads = 1): Promise<unknown[]> {
  const saved = () =>
    service
      .output()
      .split('\n')
      .filter((line) => line.includes('"results saved"') && line.includes(`"${job_id}"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  await until(() => saved().length === uploads);
  return saved().map(({ naming }) => naming);
}

describe('estimators of an editor simulation are named after its outputs', () => {
  test('by name, so that dose_ and dose2_ do not swap, and the log says so', async () => {
    const job = await editorJob('dose', 'dose2');
    await accepted(send('/results', job, { estimators: estimators({ dose2_: 2, dose_: 1 }) }), 'Results saved');
    expect(await valuesByName(job)).toStrictEqual({ dose: 1, dose2: 2 });
    expect(await namings(job)).toStrictEqual([
      [
        { sent: 'dose2_', name: 'dose2', by: 'name' },
        { sent: 'dose_', name: 'dose', by: 'name' },
      ],
    ]);
  });

  test('by their places where no name matches', async () => {
    const job = await editorJob('z_profile', 'entrance');
    await accepted(send('/results', job, { estimators: estimators({ 21: 1, 22: 2 }) }), 'Results saved');
    expect(await valuesByName(job)).toStrictEqual({ entrance: 1, z_profile: 2 });
    expect(await namings(job)).toStrictEqual([
      [
        { sent: '21', name: 'entrance', by: 'position' },
        { sent: '22', name: 'z_profile', by: 'position' },
      ],
    ]);
  });

  test('not where two would be called alike', async () => {
    const job = await editorJob('dose', 'flux');
    await accepted(send('/results', job, { estimators: estimators({ dose_: 1, dose: 2 }) }), 'Results saved');
    expect(await valuesByName(job)).toStrictEqual({ dose_: 1, dose: 2 });
    expect(await namings(job)).toStrictEqual([
      [
        { sent: 'dose_', name: 'dose_', by: 'none' },
        { sent: 'dose', name: 'dose', by: 'none' },
      ],
    ]);
  });

  test('in parts, of which each names what it can by name', async () => {
    const job = await editorJob('dose', 'flux');
    for (const part of [{ flux_: 2 }, { dose_: 1 }])
      await accepted(send('/results', job, { partial: true, estimators: estimators(part) }), 'Results saved');
    await accepted(send('/results', job, { estimators: [], pages_total: 2 }), 'Results saved');
    expect(await valuesByName(job)).toStrictEqual({ flux: 2, dose: 1 });
    expect(await read('/tasks', job)).toMatchObject({ job_state: 'COMPLETED' });
  });

  test('an upload that is repeated changes nothing, whatever the order within', async () => {
    const job = await editorJob('z', 'a');
    await accepted(send('/results', job, { estimators: estimators({ 21: 1, 22: 2 }) }), 'Results saved');
    const first = await call(`${service.url}/results?job_id=${job.job_id}`, { token });
    await accepted(send('/results', job, { estimators: estimators({ 21: 1, 22: 2 }) }), 'Results saved');
    const [one, two] = estimators({ 21: 1, 22: 2 });
    await accepted(send('/results', job, { estimators: [two, one] }), 'Results saved');
    const again = await call(`${service.url}/results?job_id=${job.job_id}`, { token });
    expect(again.headers.etag).toBe(first.headers.etag);
    expect(again.bytes).toStrictEqual(first.bytes);
  });

  test('an estimator that comes twice in a body is refused, by the name that was sent', async () => {
    const job = await editorJob('dose');
    const twice = [...estimators({ dose_: 1 }), ...estimators({ dose_: 2 })];
    const message = 'estimators[1].name: "dose_" comes twice in this body';
    await expectAnswer(send('/results', job, { estimators: twice }), 400, message);
  });

  test('a project of several megabytes is read through to its outputs', async () => {
    const scoringManager = { outputs: [{ name: 'dose' }, { name: 'dose2' }] };
    const figures = Array.from({ length: 80_000 }, (_, index) => ({
      name: `figure ${index}`,
      at: [Math.sin(index), index],
    }));
    const input = { figureManager: { figures }, scoringManager, hash: 'x'.repeat(500_000) };
    const job = await submit(service.url, token, { input_type: 'editor', input });
    await accepted(send('/results', job, { estimators: estimators({ dose2_: 2, dose_: 1 }) }), 'Results saved');
    expect(await valuesByName(job)).toStrictEqual({ dose: 1, dose2: 2 });
  });

  test('the log line is bounded', async () => {
    const job = await editorJob('dose');
    const many = Array.from({ length: 300 }, (_, index) => ({ name: `${'n'.repeat(900)}${index}`, pages: [page(1)] }));
    await accepted(send('/results', job, { estimators: many }), 'Results saved');
    const [naming] = await namings(job);
    expect(naming).toHaveLength(100);
    const line = service
      .output()
      .split('\n')
      .find((text) => text.includes(job.job_id) && text.includes('naming'));
    expect(JSON.parse(line ?? '')).toMatchObject({ unlisted: 200 });
    expect(line?.length).toBeLessThan(32_768);
  });

  test('a wrong key is refused before the project is read', async () => {
    const job = await editorJob('dose');
    const wrong = { ...job, update_key: 'x'.repeat(43) };
    const message = 'Wrong update_key, or no simulation with this simulation_id';
    await expectAnswer(send('/results', wrong, { estimators: estimators({ dose_: 1 }) }), 403, message);
  });
});

describe('names stay as sent', () => {
  test('in simulations of input files, and where a project has no outputs', async () => {
    const files = await submit(service.url, token);
    const none = await submit(service.url, token, { input_type: 'editor', input: { scoringManager: {} } });
    for (const job of [files, none]) {
      await accepted(send('/results', job, { estimators: estimators({ dose_: 1 }) }), 'Results saved');
      expect(await valuesByName(job)).toStrictEqual({ dose_: 1 });
      expect(await namings(job)).toStrictEqual([[{ sent: 'dose_', name: 'dose_', by: 'none' }]]);
    }
  });

  test('at the root and over RabbitMQ', async () => {
    const job = await editorJob('dose', 'flux');
    const body = { simulation_id: job.sim_id, update_key: job.update_key, partial: true };
    const root = { ...body, estimators: estimators({ dose_: 1 }) };
    expect((await call(`${service.url}/results`, { method: 'POST', body: root })).status).toBe(202);
    await broker.publish('results.save', { ...body, estimators: estimators({ flux_: 2 }) });
    await eventually(async () => expect(await valuesByName(job)).toStrictEqual({ dose_: 1, flux_: 2 }));
    expect(await namings(job, 2)).toStrictEqual([undefined, undefined]);
  });
});

describe('what else workers send', () => {
  test('tasks from 0, with times of either kind, and keys that nobody knows', async () => {
    const job = await submit(service.url, token);
    const extra = { celery_id: '5c0f', path_to_sim: '/tmp/x' };
    await accepted(send('/tasks', job, { task_id: 0, update_dict: extra, platform: 'x' }), 'Task updated');
    const start = { task_state: 'RUNNING', start_time: '2026-11-24 09:30:00.000250', requested_primaries: 1000 };
    await accepted(
      send('/tasks', job, { task_id: 0, update_dict: { ...start, simulated_primaries: 0 } }),
      'Task updated',
    );
    const progress = { simulated_primaries: 500, estimated_time: 42, ...extra };
    await accepted(send('/tasks', job, { task_id: 0, update_dict: progress }), 'Task updated');
    const end = { task_state: 'COMPLETED', end_time: '2026-11-24 09:31:00' };
    const tasks = [0, 1].map((task_id) => ({ task_id, update_dict: end }));
    await accepted(send('/tasks/bulk', job, { tasks, sent_by: 'x' }), 'Tasks updated');
    expect(await read('/tasks', job)).toMatchObject({
      job_state: 'MERGING_QUEUED',
      tasks: [
        {
          task_id: 0,
          task_state: 'COMPLETED',
          simulated_primaries: 1000,
          start_time: '2026-11-24T09:30:00.000Z',
          end_time: '2026-11-24T09:31:00.000Z',
        },
        { task_id: 1, task_state: 'COMPLETED' },
      ],
    });
  });

  test('log files of failed tasks, which stay beside those of others', async () => {
    const job = await submit(service.url, token);
    await accepted(send('/logfiles', job, { logfiles: { 'shieldhit_0001.log': 'no beam\n' } }), 'Log files saved');
    await accepted(send('/logfiles', job, { logfiles: { 'shieldhit_0002.log': '<script>' } }), 'Log files saved');
    await accepted(send('/logfiles', job, { task_id: 0, logfiles: { stdout: 'first\n' } }), 'Log files saved');
    await accepted(send('/jobs', job, { job_state: 'FAILED', log: { collect: 'gave up\n' } }), 'Task updated');
    expect(await read('/logfiles', job)).toMatchObject({
      logfiles: {
        'shieldhit_0001.log': 'no beam\n',
        'shieldhit_0002.log': '<script>',
        'task_0/stdout': 'first\n',
        collect: 'gave up\n',
      },
    });
  });

  test('compressed bodies, and the key in a header', async () => {
    const job = await submit(service.url, token);
    const body = gzipSync(
      JSON.stringify({ simulation_id: job.sim_id, task_id: 1, update_dict: { task_state: 'RUNNING' } }),
    );
    const headers = { 'content-encoding': 'gzip', 'x-update-key': job.update_key };
    await accepted(call(`${service.url}/yaptide/tasks`, { method: 'POST', headers, body }), 'Task updated');
    expect(await read('/tasks', job)).toMatchObject({ job_state: 'RUNNING' });
  });

  test.each(['/results', '/logfiles', '/tasks', '/tasks/bulk', '/jobs'])(
    'errors of POST /yaptide%s have a message and nothing else',
    async (path) => {
      const url = `${service.url}/yaptide${path}`;
      const post = (body: unknown, headers = {}) => call(url, { method: 'POST', body, headers });
      await expectAnswer(post('{', { 'content-type': 'text/plain' }), 415, expect.stringContaining('Content-Type'));
      await expectAnswer(post('{'), 400, expect.stringContaining('not valid JSON'));
      await expectAnswer(post({ simulation_id: 0 }), 400, expect.stringMatching(/^[a-z_]+: /));
    },
  );
});

describe('what a worker on a cluster says of its batch jobs', () => {
  const report = ({ sim_id, update_key }: SubmittedJob, content: object, prefix = '/yaptide') =>
    call(`${service.url}${prefix}/jobs`, { method: 'POST', body: { sim_id, update_key, ...content } });
  const shown = async ({ job_id }: SubmittedJob) => {
    const { simulation } = (await admin.call(`/admin/simulations/${job_id}`)).json();
    return (simulation as Record<string, unknown>)['batch'];
  };

  test('is kept for admins, the last one sent of each member, through every door', async () => {
    const job = await submit(service.url, token);
    const batch = { job_dir: '/scratch/runs/1764150000', array_id: 4711, collect_id: '4712' };
    await accepted(report(job, { job_state: 'PENDING', ...batch }), 'Task updated');
    expect(await shown(job)).toStrictEqual({ ...batch, array_id: '4711' });
    await accepted(report(job, { job_state: 'RUNNING', array_id: '4713;cluster', job_dir: null }, ''), 'Task updated');
    expect(await shown(job)).toStrictEqual({ ...batch, array_id: '4713;cluster' });
    await accepted(report(job, { job_state: 'RUNNING', collect_id: '' }), 'Task updated');
    expect(await shown(job)).toStrictEqual({ ...batch, array_id: '4713;cluster' });
    const { sim_id, update_key } = job;
    await broker.publish('jobs.update', { sim_id, update_key, job_state: 'RUNNING', collect_id: 0 });
    await eventually(async () => expect(await shown(job)).toMatchObject({ array_id: '4713;cluster', collect_id: '0' }));
    expect(await admin.auditOf(job.job_id)).toStrictEqual([]);
  });

  test('is part of no answer to its owner, and changes none', async () => {
    const job = await submit(service.url, token);
    await accepted(report(job, { job_state: 'RUNNING' }), 'Task updated');
    const answers = async () =>
      Promise.all(
        [`/tasks?job_id=${job.job_id}`, `/inputs?job_id=${job.job_id}`, '/simulations'].map(async (path) => {
          const { headers, bytes } = await call(service.url + path, { token });
          return [headers.etag, bytes.toString()];
        }),
      );
    const before = await answers();
    await accepted(
      report(job, { job_state: 'RUNNING', job_dir: 'a folder of secrets', array_id: 987654321 }),
      'Task updated',
    );
    expect(await answers()).toStrictEqual(before);
    expect(String(before)).not.toContain('a folder of secrets');
  });

  test('goes with the simulation', async () => {
    const job = await submit(service.url, token);
    await accepted(report(job, { job_state: 'RUNNING', array_id: 24681357 }), 'Task updated');
    await call(`${service.url}/simulations?job_id=${job.job_id}`, { method: 'DELETE', token });
    expect((await report(job, { job_state: 'RUNNING', array_id: 1 })).status).toBe(403);
    expect(await sql(database.url, "SELECT 1 FROM simulation WHERE batch_array_id = '24681357'")).toStrictEqual([]);
  });

  const ID_RULE = 'must be an integer from 0 to 9007199254740991, or a text of at most 128 characters';
  test.each([
    ['a fraction', { array_id: 1.5 }, `array_id: ${ID_RULE}`],
    ['a negative number', { array_id: -1 }, `array_id: ${ID_RULE}`],
    ['a list', { collect_id: ['4711'] }, `collect_id: ${ID_RULE}`],
    ['a long text', { collect_id: 'x'.repeat(129) }, `collect_id: ${ID_RULE}`],
    ['U+0000', { collect_id: 'a\0' }, `collect_id: ${ID_RULE}`],
    ['a number for a folder', { job_dir: 7 }, 'job_dir: must be a string'],
    ['a long folder', { job_dir: 'x'.repeat(4097) }, 'job_dir: must have 0 to 4096 characters'],
  ])('%s is refused by the name of its field, and nothing is kept', async (_, content, message) => {
    const job = await submit(service.url, token);
    await expectAnswer(report(job, { job_state: 'RUNNING', job_dir: '/scratch', ...content }), 400, message);
    expect(await shown(job)).toStrictEqual({ job_dir: null, array_id: null, collect_id: null });
    expect(await read('/tasks', job)).toMatchObject({ job_state: 'PENDING' });
  });
});

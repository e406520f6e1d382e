import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmqpSender } from '../faults/amqp-sender.js';
import { checkAll } from '../faults/checker.js';
import { inventJobs, submitJobs } from '../faults/fault-scene.js';
import { HttpSender } from '../faults/http-sender.js';
import { Ledger } from '../faults/ledger.js';
import { runLoad } from '../faults/load.js';
import { planWrites } from '../faults/load-plan.js';
import type { LogicalWrite } from '../faults/logical-write.js';
import { SeededRandom } from '../faults/random.js';
import { type Sender, Sightings } from '../faults/sender.js';
import { AdminClient, outcome } from '../support/admin.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { type Outcome, run, start, untilUnderWay } from '../support/backup.js';
import { call, logIn, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** Slow enough that the backup can be stopped in its middle. */
const SLOW = { bytesPerSecond: 400_000 };
const SETTLED = 300;
const DURING = 150;

let folder: string;
let databases: { readonly source: TestDatabase; readonly target: TestDatabase };
let brokers: { readonly source: TestBroker; readonly target: TestBroker };
let network: TcpProxy;
let source: RunningService;
let restored: RunningService;
let ada: { username: string; password: string; token: string };
let ben: { username: string; password: string; token: string };
let quiet: SubmittedJob;
let deleted: SubmittedJob;
let ledger: Ledger;
let before: Readonly<Record<string, unknown>>;
let backup: Outcome;
let restore: Outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-backup-'));
  databases = { source: await createTestDatabase(), target: await createEmptyDatabase() };
  brokers = { source: await TestBroker.open(), target: await TestBroker.open() };
  network = await TcpProxy.to(databases.source.url);
  source = await startService(databases.source.url, brokers.source.settings);
  ada = await registerUser(source.url, 'ada');
  ben = await registerUser(source.url, 'ben');
  await fillQuietly();
  before = await readQuietly(source.url);
  await backUpUnderLoad();
  const environment = { DATABASE_URL: databases.target.url };
  restore = await run('restore', [join(folder, 'backup')], environment);
  restored = await startService(databases.target.url, brokers.target.settings);
}, 300_000);

afterAll(async () => {
  await Promise.all([source.end(), restored.end()]);
  await Promise.all([brokers.source.close(), brokers.target.close(), network.close()]);
  await Promise.all([databases.source.drop(), databases.target.drop()]);
  await rm(folder, { recursive: true });
});

/** What nobody touches while the backup runs: all kinds of things that are stored. */
async function fillQuietly(): Promise<void> {
  const post = (path: string, body: object) => call(`${source.url}${path}`, { method: 'POST', body });
  quiet = await submit(source.url, ben.token);
  const worker = { simulation_id: quiet.job_id, update_key: quiet.update_key };
  // More text than one block holds.
  const values = Array.from({ length: 300_000 }, (_, bin) => Math.sin(bin) / 3);
  const axis = { name: 'z', unit: 'cm', values: values.map((_, bin) => bin) };
  const metadata = { page_number: '7', name: 'dose', extra: { detector: ['a', null] } };
  const page = { dimensions: 1, metadata, data: { name: 'Dose', unit: 'Gy', values }, axis_dim1: axis };
  const estimators = [{ name: 'z_profile_', metadata: { Δ: 1.5 }, pages: [page] }];
  await post('/results', { ...worker, partial: true, revision: 3, estimators });
  await post('/logfiles', { ...worker, logfiles: { stdout: 'é\u0000\n'.repeat(1_000), stderr: '' } });
  const update_dict = { task_state: 'RUNNING', simulated_primaries: 10, start_time: '2026-01-02T03:04:05Z' };
  await post('/tasks', { ...worker, task_id: 1, update_dict });
  deleted = await submit(source.url, ben.token);
  await call(`${source.url}/simulations?job_id=${deleted.job_id}`, { method: 'DELETE', token: ben.token });
  await brokers.source.publish('tasks.update', '{"simulation_id": 1');
  const admin = new AdminClient(source.url, await logIn(source.url, ADMIN));
  await admin.call(`/admin/users/${await admin.userId('ada')}/password`, {
    method: 'POST',
    body: { password: ada.password },
  });
  ada = { ...ada, token: await logIn(source.url, ada) };
  await eventually(async () => expect(await admin.walk('/admin/dead-letters', 'dead_letters', 10)).toHaveLength(1));
}

/** Every answer about it, to the byte. */
async function readQuietly(url: string): Promise<Record<string, unknown>> {
  const token = await logIn(url, ben);
  const admin = new AdminClient(url, await logIn(url, ADMIN));
  const read = async (path: string) => (await call(`${url}${path}`, { token })).bytes.toString('base64');
  const [letter] = await admin.walk('/admin/dead-letters', 'dead_letters', 10);
  return {
    results: await read(`/results?job_id=${quiet.job_id}`),
    estimators: await read(`/estimators?job_id=${quiet.job_id}`),
    inputs: await read(`/inputs?job_id=${quiet.job_id}`),
    logs: await read(`/logfiles?job_id=${quiet.job_id}`),
    tasks: await read(`/tasks?job_id=${quiet.job_id}`),
    simulations: await read('/simulations'),
    letter: (await admin.call(`/admin/dead-letters/${String(letter?.['id'])}`)).json(),
    audit: await admin.auditOf('ada'),
  };
}

/**
 * Sends through both doors while the backup runs, which is held in its middle until more was acknowledged. Afterwards the ledger
 * calls acknowledged only what was before the backup began: over HTTP up to the last moment; over RabbitMQ, which acknowledges
 * what may still wait in a queue, up to a moment in which the queues were empty.
 */
async function backUpUnderLoad(): Promise<void> {
  const jobs = inventJobs(3);
  await submitJobs(source.url, ada.token, jobs);
  ledger = new Ledger(jobs);
  const sightings = new Sightings();
  const http = new HttpSender([source.url], sightings);
  const amqp = new AmqpSender(brokers.source.url, `${brokers.source.prefix}ingest`, sightings);
  const stored = new Set<unknown>();
  const senders = { http: noting(http, stored), amqp };
  const random = new SeededRandom(4);
  const plan = planWrites(random, { jobs, writes: 1_000_000 });
  const take = function* (count: number) {
    for (let left = count; left > 0; left--) yield [plan.next().value as LogicalWrite];
  };
  const giveUp = new AbortController();
  const load = (count: number) =>
    runLoad({ plan: take(count), ledger, senders, concurrency: 6, giveUp: giveUp.signal });
  await load(SETTLED);
  await eventually(async () =>
    expect(await checkAll(ledger, source.url, ada.token)).toMatchObject({ lost: 0, torn: 0 }),
  );
  for (const entry of entriesOf(ledger)) stored.add(entry.effect);

  const open = new Ledger(jobs);
  const loading = runLoad({
    plan: take(100_000),
    ledger: both(ledger, open),
    senders,
    concurrency: 6,
    giveUp: giveUp.signal,
  });
  await open.until(DURING);
  const due = new Set(stored);
  network.spoil(SLOW, ['down']);
  const running = start('backup', [join(folder, 'backup')], { DATABASE_URL: network.url });
  await untilUnderWay(join(folder, 'backup'));
  network.spoil({ held: true }, ['down']);
  await registerUser(source.url, 'latecomer');
  await open.until(open.acknowledged + DURING);
  network.heal();
  backup = await running.done;
  giveUp.abort();
  await loading;
  await Promise.all([http.close(), amqp.close()]);
  for (const entry of entriesOf(ledger)) entry.acknowledged = due.has(entry.effect);
}

/** Remembers what was acknowledged. */
function noting(sender: Sender, stored: Set<unknown>): Sender {
  return {
    close: () => sender.close(),
    send: async (write, giveUp) => {
      const isStored = await sender.send(write, giveUp);
      if (isStored) stored.add(write.effect.kind === 'task' ? write.effect.update : write.effect);
      return isStored;
    },
  };
}

/** The first keeps everything, the second can still be waited for. */
function both(first: Ledger, second: Ledger): Ledger {
  return Object.assign(Object.create(second) as Ledger, {
    attempt: (write: LogicalWrite) => {
      const acknowledge = [first.attempt(write), second.attempt(write)];
      return () => acknowledge.forEach((one) => one());
    },
    close: () => second.close(),
  });
}

function entriesOf({ jobs }: Ledger): { readonly effect: unknown; acknowledged: boolean }[] {
  return jobs.flatMap(({ estimators, logs, tasks, finals }) => [
    ...[...estimators.values()].flat(),
    ...logs.values(),
    ...[...tasks.values()].flat(),
    ...finals,
  ]);
}

test('both programs say what they did, and the backup is for its owner alone', async () => {
  expect(backup).toMatchObject({ code: 0, err: '' });
  expect(backup.out).toMatch(/^Backup of 20\S+ in \S+: \d+ rows of \d+ tables, [\d.]+ MB\.\n$/);
  expect(restore).toMatchObject({ code: 0, err: '' });
  expect(restore.out).toMatch(/^Restored the backup of 20\S+: \d+ rows of \d+ tables\. Start the service now\.\n$/);
  expect((await stat(join(folder, 'backup'))).mode & 0o777).toBe(0o700);
  expect((await stat(join(folder, 'backup', 'payload_block.copy.gz'))).mode & 0o777).toBe(0o600);
});

test('what was acknowledged before the backup began is there whole, and nothing is torn or doubled', async () => {
  const verdict = await checkAll(ledger, restored.url, await logIn(restored.url, ada));
  expect(entriesOf(ledger).filter(({ acknowledged }) => acknowledged).length).toBeGreaterThan(SETTLED);
  expect(verdict).toStrictEqual({ lost: 0, doubled: 0, torn: 0, examples: [] });
});

test('what came while the backup ran is of one moment: nothing is there that came behind it', async () => {
  const latecomer = { username: 'latecomer', password: 'the password of latecomer' };
  expect(await logIn(source.url, latecomer)).toEqual(expect.any(String));
  expect(await logIn(restored.url, latecomer)).toBeUndefined();
});

test('every answer about what nobody touched is the same, to the byte', async () => {
  expect(before['results']).not.toBe('');
  expect(await readQuietly(restored.url)).toStrictEqual(before);
});

test('a job_id that was deleted stays taken', async () => {
  const again = { title: 'again', sim_type: 'shieldhit', input_type: 'files', input: { a: '' }, ntasks: 1 };
  const body = { ...again, job_id: deleted.job_id };
  const token = await logIn(restored.url, ben);
  expect((await call(`${restored.url}/simulations`, { method: 'POST', token, body })).status).toBe(409);
});

test('workers write on with their update keys, and new numbers are new', async () => {
  const { job_id: simulation_id, sim_id, update_key } = quiet;
  const body = { simulation_id, update_key, task_id: 2, update_dict: { task_state: 'RUNNING' } };
  const token = await logIn(restored.url, ben);
  expect((await call(`${restored.url}/tasks`, { method: 'POST', body })).status).toBe(202);
  expect((await submit(restored.url, token)).sim_id).toBeGreaterThan(sim_id);
});

test('tokens and ETags from before the restore count no more', async () => {
  const url = `/results?job_id=${quiet.job_id}`;
  const { etag = '' } = (await call(source.url + url, { token: ben.token })).headers;
  expect(await outcome(call(restored.url + url, { token: ben.token }))).toStrictEqual([401, 'Token has been revoked']);
  const token = await logIn(restored.url, ben);
  expect((await call(restored.url + url, { token, headers: { 'if-none-match': etag } })).status).toBe(200);
  const admin = new AdminClient(restored.url, await logIn(restored.url, ADMIN));
  const highest = Math.max(...(await Promise.all(['ada', 'ben'].map((name) => admin.userId(name)))));
  await registerUser(restored.url, 'newcomer');
  expect(await admin.userId('newcomer')).toBeGreaterThan(highest + 100_000);
});

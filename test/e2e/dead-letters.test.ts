import { createHash, randomBytes } from 'node:crypto';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { AdminClient, outcome, sql } from '../support/admin.js';
import { eventually, TestBroker } from '../support/amqp.js';
import { call, logIn, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let broker: TestBroker;
let service: RunningService;
let admin: AdminClient;
let token: string;
let job: SubmittedJob;

beforeAll(async () => {
  database = await createTestDatabase();
  broker = await TestBroker.open();
  service = await startService(database.url, { ...broker.settings, UNKNOWN_SIMULATION_SECONDS: '1' });
  admin = new AdminClient(service.url, await logIn(service.url, ADMIN));
  ({ token } = await registerUser(service.url, 'ada'));
  job = await submit(service.url, token);
});

afterAll(async () => {
  await service.end();
  await broker.close();
  await database.drop();
});

beforeEach(async () => {
  await sql(database.url, 'DELETE FROM dead_letter');
});

const key = () => randomBytes(32).toString('base64url');

/** An update whose key is wrong, which an admin can mend: by giving the simulation that key. */
function misled(task_id: number, update_key: string, simulation = job.job_id): object {
  return { simulation_id: simulation, update_key, task_id, update_dict: { task_state: 'COMPLETED' } };
}

/** Makes a key the right one, as if the simulation had been submitted with it. */
async function accept(update_key: string): Promise<void> {
  const hash = `sha256(convert_to($1, 'UTF8'))`;
  await sql(database.url, `UPDATE simulation SET update_key_hash = ${hash} WHERE job_id = $2`, [
    update_key,
    job.job_id,
  ]);
}

interface Letter {
  readonly id: number;
  readonly [name: string]: unknown;
}

/** What the list shows, once so many are there. */
async function letters(count: number, query = ''): Promise<Letter[]> {
  return eventually(async () => {
    const rows = (await admin.walk(`/admin/dead-letters${query}`, 'dead_letters', 7)) as Letter[];
    expect(rows).toHaveLength(count);
    return rows;
  });
}

async function completedTasks(): Promise<unknown> {
  const answer = await call(`${service.url}/tasks?job_id=${job.job_id}`, { token });
  const tasks = answer.json()['tasks'] as { task_id: number; task_state: string }[];
  return tasks.filter(({ task_state }) => task_state === 'COMPLETED').map(({ task_id }) => task_id);
}

test('the list has reason, error, attempts and times, newest first, and filters', async () => {
  await broker.publish('tasks.update', misled(1, key()));
  await broker.publish('results.save', '{"simulation_id":"nobody","update_key":"abc","estimators":[]}');
  await broker.publish('logfiles.save', gzipSync('nonsense'), { contentEncoding: 'gzip' });
  const all = await letters(3);
  expect(all.map(({ id }) => id)).toStrictEqual(all.map(({ id }) => id).sort((a, b) => b - a));
  const [misledUpdate] = all.filter(({ routing_key }) => routing_key === 'tasks.update');
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
  expect(misledUpdate).toStrictEqual({
    id: expect.any(Number) as number,
    routing_key: 'tasks.update',
    reason: 'wrongKey',
    error: 'Wrong update_key, or no simulation with this simulation_id',
    attempts: 1,
    first_at: time,
    last_at: time,
    simulation_id: job.job_id,
    content_type: 'application/json',
    content_encoding: null,
    bytes: JSON.stringify(misled(1, key())).length,
    stored_at: time,
    replayed_at: null,
  });
  for (const [query, keys] of [
    ['reason=wrongKey', ['tasks.update']],
    ['reason=wrongKey,invalid', ['logfiles.save', 'tasks.update']],
    ['routing_key=results.save', ['results.save']],
    ['simulation_id=nobody', ['results.save']],
    ['state=replayed', []],
    ['state=all', ['logfiles.save', 'results.save', 'tasks.update']],
    ['since=2100-01-01T00:00:00Z', []],
    ['until=2100-01-01T00:00:00Z&reason=invalid', ['logfiles.save']],
  ] as const) {
    const found = await letters(keys.length, `?${query}`);
    expect(found.map(({ routing_key }) => routing_key).sort()).toStrictEqual(keys);
  }
});

test('one is shown whole, inflated, with every update key masked, and that is audit-logged', async () => {
  const secret = key();
  const body = JSON.stringify({ x: [1.5, null], ...misled(1, secret) });
  await broker.publish('tasks.update', gzipSync(body), {
    contentEncoding: 'gzip',
    headers: { 'X-Update-Key': secret, run: 7 },
  });
  const [letter] = await letters(1);
  const answer = await admin.call(`/admin/dead-letters/${letter?.id}`);
  expect(answer.bytes.toString()).not.toContain(secret);
  expect(answer.json()['dead_letter']).toMatchObject({
    ...letter,
    body: body.replace(secret, '***'),
    headers: { 'X-Update-Key': '***', run: 7 },
    body_is_cut: false,
  });
  expect(await admin.auditOf(String(letter?.id))).toMatchObject([{ admin: 'head', action: 'dead-letter.read' }]);
});

describe('a body that is no JSON text', () => {
  const json = () => `{"simulation_id":"x","update_key":"${secret}","more":"${'m'.repeat(200)}"`;
  const secret = key();

  async function shown(body: Buffer, contentEncoding?: string): Promise<Record<string, unknown>> {
    await broker.publish('tasks.update', body, contentEncoding === undefined ? {} : { contentEncoding });
    const [letter] = await letters(1);
    const answer = await admin.call(`/admin/dead-letters/${letter?.id}`);
    const whole = answer.json()['dead_letter'] as Record<string, unknown>;
    expect(whole['body_sha256']).toBe(createHash('sha256').update(body).digest('hex'));
    expect(answer.bytes.toString()).not.toContain(secret);
    return whole;
  }

  test('is shown as base64, keys masked, where it is not UTF-8', async () => {
    const body = Buffer.concat([Buffer.from(json()), Buffer.from([0xff])]);
    const masked = Buffer.from(body.toString('latin1').replace(secret, '***'), 'latin1');
    expect(await shown(body)).toMatchObject({ body_base64: masked.toString('base64') });
  });

  test('is shown as far as it can be inflated', async () => {
    const whole = await shown(gzipSync(json()).subarray(0, -4), 'gzip');
    expect(whole).toMatchObject({ body: json().replace(secret, '***'), body_is_cut: true });
  });

  test('is shown as text where it is not compressed at all', async () => {
    expect(await shown(Buffer.from(json()), 'gzip')).toMatchObject({ body: json().replace(secret, '***') });
  });

  test.each([
    ['compressed in a way that nobody asked for', () => brotliCompressSync(json()), 'br'],
    ['compressed, and nobody says so', () => gzipSync(json()), undefined],
    ['in UTF-16', () => Buffer.from(json(), 'utf16le'), undefined],
  ])('is not shown where a key could hide in it: %s', async (_, body, contentEncoding) => {
    const whole = await shown(body(), contentEncoding);
    expect(whole).not.toHaveProperty('body');
    expect(whole).not.toHaveProperty('body_base64');
  });
});

test('a replay is applied once, however often and by however many it is asked for', async () => {
  const right = key();
  await broker.publish('tasks.update', misled(2, right));
  const [letter] = await letters(1);
  const replay = () => outcome(admin.call(`/admin/dead-letters/${letter?.id}/replay`, { method: 'POST' }));
  expect(await replay()).toStrictEqual([200, '0 replayed, 1 failed again']);
  expect(await letters(1)).toMatchObject([{ attempts: 2, reason: 'wrongKey', replayed_at: null }]);
  await accept(right);
  const outcomes = await Promise.all([replay(), replay(), replay(), replay()]);
  expect(outcomes.filter(([status]) => status === 200)).toStrictEqual([[200, '1 replayed, 0 failed again']]);
  expect(outcomes.filter(([status]) => status === 409)).toHaveLength(3);
  expect(await completedTasks()).toStrictEqual([2]);
  expect(await replay()).toStrictEqual([409, `Dead letter ${letter?.id} was replayed already`]);
  expect(await letters(0)).toStrictEqual([]);
  expect(await letters(1, '?state=replayed')).toMatchObject([{ replayed_at: expect.any(String) as string }]);
  expect((await admin.auditOf(String(letter?.id))).map(({ action, details }) => [action, details])).toStrictEqual([
    [
      'dead-letter.replay',
      { outcome: 'wrongKey', error: 'Wrong update_key, or no simulation with this simulation_id' },
    ],
    ['dead-letter.replay', { outcome: 'applied' }],
  ]);
});

test('a selection, those that match, or all are replayed at once; what fails again stays', async () => {
  const right = key();
  for (let task_id = 10; task_id < 16; task_id++) await broker.publish('tasks.update', misled(task_id, right));
  await broker.publish('results.save', 'nonsense');
  await broker.publish('tasks.update', misled(99, key(), 'nobody'));
  const waiting = await letters(8);
  await accept(right);
  const ids = waiting.filter(({ simulation_id }) => simulation_id === job.job_id).map(({ id }) => id);
  const replay = async (query: string) => {
    const answer = await admin.call(`/admin/dead-letters/replay?${query}`, { method: 'POST' });
    const { replayed, failed, remaining } = answer.json() as {
      replayed: number;
      failed: { reason: string }[];
      remaining: number;
    };
    return [replayed, failed.map(({ reason }) => reason), remaining];
  };
  expect(await replay(`ids=${ids[0]},${ids[1]},999999999`)).toStrictEqual([2, [], 0]);
  expect(await replay(`simulation_id=${job.job_id}&reason=wrongKey`)).toStrictEqual([4, [], 0]);
  expect(await replay('all=true')).toStrictEqual([0, ['invalid', 'unknownSimulation'], 0]);
  expect(await completedTasks()).toStrictEqual(expect.arrayContaining([10, 11, 12, 13, 14, 15]));
  await letters(2);
});

test('discarded ones are gone, and the audit log tells which', async () => {
  for (let i = 0; i < 5; i++) await broker.publish('results.save', `nonsense ${i}`);
  const ids = (await letters(5)).map(({ id }) => id).sort((a, b) => a - b);
  const one = await admin.call(`/admin/dead-letters/${ids[0]}`, { method: 'DELETE' });
  expect(one.json()).toStrictEqual({ message: '1 discarded', discarded: 1 });
  const discard = (query: string) => outcome(admin.call(`/admin/dead-letters/discard?${query}`, { method: 'POST' }));
  expect(await discard(`ids=${ids[1]},${ids[2]}`)).toStrictEqual([200, '2 discarded']);
  expect(await discard('reason=invalid')).toStrictEqual([200, '2 discarded']);
  expect(await letters(0, '?state=all')).toStrictEqual([]);
  const gone = admin.call(`/admin/dead-letters/${ids[0]}`);
  expect(await outcome(gone)).toStrictEqual([404, 'Dead letter not found']);
  expect(await admin.auditOf('2 dead letters')).toMatchObject([
    { action: 'dead-letter.discard', details: { discarded: 2, numbers: [ids[1], ids[2]] } },
    { action: 'dead-letter.discard', details: { discarded: 2, numbers: [ids[3], ids[4]] } },
  ]);
});

test.each([
  ['GET', '?state=dead', 400, /^state: must be waiting or replayed or all/],
  ['GET', '?since=yesterday', 400, /^since: /],
  ['GET', '?limit=0', 400, /^limit: /],
  ['GET', '?cursor=x', 400, /^cursor: /],
  ['GET', '?reason=', 400, /^reason: /],
  ['GET', '/x', 400, /^id: must be a positive integer/],
  ['GET', '/123456789', 404, /^Dead letter not found/],
  ['POST', '/123456789/replay', 404, /^Dead letter not found/],
  ['DELETE', '/123456789', 404, /^Dead letter not found/],
  ['POST', '/replay', 400, /^all: must be true where there is neither ids nor a filter/],
  ['POST', '/discard', 400, /^all: /],
  ['POST', '/discard?all=yes', 400, /^all: must be true/],
  ['POST', '/discard?ids=', 400, /^ids: /],
  ['POST', '/discard?ids=1,x', 400, /^ids: /],
  ['POST', '/replay?ids=1&ids=2', 400, /^ids: is repeated/],
])('%s /admin/dead-letters%s is %i', async (method, path, status, message) => {
  const answer = await admin.call(`/admin/dead-letters${path}`, { method });
  expect([answer.status, answer.json()['message']]).toEqual([status, expect.stringMatching(message)]);
});

test.each([
  ['GET', ''],
  ['GET', '/1'],
  ['POST', '/1/replay'],
  ['DELETE', '/1'],
  ['POST', '/replay?all=true'],
  ['POST', '/discard?all=true'],
])('%s /admin/dead-letters%s is for admins only', async (method, path) => {
  const url = `${service.url}/admin/dead-letters${path}`;
  expect((await call(url, { method })).status).toBe(401);
  expect(await outcome(call(url, { method, token }))).toStrictEqual([403, 'Only admins may do this']);
});

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { AdminClient, outcome, sql } from '../support/admin.js';
import { logIn, registerUser } from '../support/client.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let service: RunningService;
let admin: AdminClient;
let adminId: number;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url);
  admin = new AdminClient(service.url, await logIn(service.url, ADMIN));
  adminId = await admin.userId(ADMIN.username);
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

/** An entry as a deed of that moment would have left it. */
async function insert(entry: { at: string; admin?: string; action?: string; subject?: string }): Promise<void> {
  const { at, admin: name = 'earlier admin', action = 'simulation.delete', subject = 'long gone' } = entry;
  await sql(
    database.url,
    'INSERT INTO audit_log (at, admin_id, admin_name, action, subject) VALUES ($1, 4711, $2, $3, $4)',
    [at, name, action, subject],
  );
}

const subjects = async (filter: string) =>
  (await admin.walk(`/admin/audit-log?${filter}`, 'entries', 200)).map((entry) => entry['subject']);

test('an entry tells who did what to whom, and when', async () => {
  const { username } = await registerUser(service.url, 'ada');
  const userId = await admin.userId(username);
  await admin.call(`/admin/users/${userId}`, { method: 'PATCH', body: { disabled: true } });
  expect((await admin.call('/admin/audit-log?action=user.disable')).json()).toStrictEqual({
    message: 'Audit log',
    entries: [
      {
        id: expect.any(Number) as unknown,
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
        admin_id: adminId,
        admin: ADMIN.username,
        action: 'user.disable',
        subject: username,
        details: { user_id: userId },
      },
    ],
    next_cursor: null,
  });
});

test('entries are filtered by admin, action, subject and time', async () => {
  await insert({ at: '2020-01-01T00:00:00Z', subject: 'first' });
  await insert({ at: '2020-01-02T00:00:00Z', subject: 'second', admin: 'other admin' });
  await insert({ at: '2020-01-03T00:00:00Z', subject: 'third', action: 'dead-letter.replay' });
  expect(await subjects('until=2020-12-31T00:00:00Z')).toStrictEqual(['third', 'second', 'first']);
  expect(await subjects('since=2020-01-02T00:00:00Z&until=2020-01-03T00:00:00Z')).toStrictEqual(['second']);
  expect(await subjects('since=2020-01-02%2000:00:00&until=2020-01-03T01:00:00%2B01:00')).toStrictEqual(['second']);
  expect(await subjects('admin=other%20admin')).toStrictEqual(['second']);
  expect(await subjects('admin=other')).toStrictEqual([]);
  expect(await subjects('action=dead-letter.replay')).toStrictEqual(['third']);
  expect(await subjects('action=dead-letter.replay,simulation.delete')).toStrictEqual(['third', 'second', 'first']);
  expect(await subjects('subject=first')).toStrictEqual(['first']);
});

test('the log is walked over exactly once, newest first, while entries come in', async () => {
  for (let index = 0; index < 7; index++)
    await insert({ at: '2021-01-01T00:00:00Z', admin: 'walker', subject: `walk ${index}` });
  const walked = await admin.walk('/admin/audit-log?admin=walker', 'entries', 3, () =>
    insert({ at: '2021-01-01T00:00:00Z', admin: 'walker', subject: 'late' }),
  );
  expect(walked.map((entry) => entry['subject'])).toStrictEqual([6, 5, 4, 3, 2, 1, 0].map((index) => `walk ${index}`));
});

test('the log is conditional', async () => {
  const { headers } = await admin.call('/admin/audit-log');
  const again = () => admin.call('/admin/audit-log', { headers: { 'if-none-match': String(headers.etag) } });
  expect((await again()).status).toBe(304);
  await insert({ at: '2022-01-01T00:00:00Z' });
  expect((await again()).status).toBe(200);
});

test.each([
  ['limit=1000', 'limit: must be an integer from 1 to 200'],
  ['cursor=-1', 'cursor: must be the next_cursor of an earlier answer'],
  ['cursor=9007199254740992', 'cursor: must be the next_cursor of an earlier answer'],
  ['admin=', 'admin: must have 1 to 64 characters'],
  ['subject=%00', 'subject: must not contain U+0000'],
  ['since=yesterday', 'since: "yesterday" is not a time such as 2026-11-24T09:30:00Z or "2026-11-24 09:30:00.5"'],
  ['until=2026-02-30T00:00:00Z', 'until: "2026-02-30T00:00:00Z" does not exist'],
  ['since=2026-01-01T00:00:00Z&since=2026-01-01T00:00:00Z', 'since: is repeated'],
])('GET /admin/audit-log?%s is 400', async (query, message) => {
  expect(await outcome(admin.call(`/admin/audit-log?${query}`))).toStrictEqual([400, message]);
});

test('an action that is none is 400, with those that there are', async () => {
  const [status, message] = await outcome(admin.call('/admin/audit-log?action=user.delete'));
  expect(status).toBe(400);
  expect(message).toMatch(/^action: "user\.delete" is not one of user\.promote, user\.demote, .*dead-letter\.discard$/);
});

test('nobody changes the log over HTTP', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    expect((await admin.call('/admin/audit-log', { method })).status).toBe(404);
});

import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { AdminClient, outcome, sql } from '../support/admin.js';
import { call, logIn, registerUser, submit } from '../support/client.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';

const ADMINS_ONLY = 'Only admins may do this';
const WRONG_LOGIN = [401, 'Invalid login or password'];
const REVOKED = [401, 'Token has been revoked'];

let database: TestDatabase;
let service: RunningService;
let admin: AdminClient;
let secrets: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url, { LOG_LEVEL: 'trace' });
  admin = new AdminClient(service.url, await logIn(service.url, ADMIN));
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

let count = 0;
async function newUser() {
  const user = await registerUser(service.url, `user-${++count}`);
  secrets.push(user.password, user.token);
  return { ...user, id: await admin.userId(user.username) };
}

const patch = (userId: number | string, body: unknown) =>
  admin.call(`/admin/users/${userId}`, { method: 'PATCH', body });
const status = (token: string) => outcome(call(`${service.url}/auth/status`, { token }));
const login = (username: string, password: string) =>
  outcome(call(`${service.url}/auth/login`, { method: 'POST', body: { username, password } }));
async function refreshTokenOf({ username, password }: { username: string; password: string }): Promise<string> {
  const answer = await call(`${service.url}/auth/login`, { method: 'POST', body: { username, password } });
  const cookie = answer.headers['set-cookie']?.find((line) => line.startsWith('refresh_token='));
  return /=([^;]+)/.exec(cookie ?? '')?.[1] ?? '';
}

describe('the list of users', () => {
  test('shows who they are, without anything secret', async () => {
    const { id, username, token } = await newUser();
    await submit(service.url, token);
    await submit(service.url, token);
    const { users, ...rest } = (await admin.call(`/admin/users?username=${username}`)).json();
    expect(rest).toStrictEqual({ message: 'Users', next_cursor: null });
    expect(users).toStrictEqual([
      {
        user_id: id,
        username,
        roles: [],
        disabled: false,
        created_at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/) as unknown,
        simulations: 2,
      },
    ]);
  });

  test('finds a part of the name in any case, and takes nothing in it for a pattern', async () => {
    await registerUser(service.url, 'Lise_Meitner');
    const names = async (filter: string) =>
      (await admin.walk(`/admin/users?${filter}`, 'users', 200)).map((user) => user['username']);
    expect(await names('username=meit')).toStrictEqual(['Lise_Meitner']);
    expect(await names('username=E_M')).toStrictEqual(['Lise_Meitner']);
    expect(await names('username=L%25e')).toStrictEqual([]);
    expect(await names('role=admin')).toStrictEqual([ADMIN.username]);
    expect(await names('role=user')).not.toContain(ADMIN.username);
    expect(await names('role=user&disabled=true')).toStrictEqual([]);
    expect(await names('disabled=false&username=Meitner')).toStrictEqual(['Lise_Meitner']);
  });

  test('is walked over exactly once, newest first, while users register', async () => {
    for (let index = 0; index < 5; index++) await registerUser(service.url, `walk-${index}`);
    let late = 0;
    const walked = await admin.walk('/admin/users?username=walk-', 'users', 2, () =>
      registerUser(service.url, `walk-late-${++late}`),
    );
    expect(walked.map((user) => user['username'])).toStrictEqual(['walk-4', 'walk-3', 'walk-2', 'walk-1', 'walk-0']);
  });

  test('answers 304 while nothing changes, and 200 once something did', async () => {
    const { id } = await newUser();
    const { headers } = await admin.call('/admin/users?limit=3');
    const again = () => admin.call('/admin/users?limit=3', { headers: { 'if-none-match': String(headers.etag) } });
    expect((await again()).status).toBe(304);
    await patch(id, { disabled: true });
    expect((await again()).status).toBe(200);
  });
});

describe('a user who is made admin', () => {
  test('keeps the tokens, and is an admin from the next login on', async () => {
    const user = await newUser();
    const answer = (await patch(user.id, { admin: true })).json();
    expect(answer).toMatchObject({ message: 'User updated', user: { user_id: user.id, roles: ['admin'] } });
    expect(await outcome(call(`${service.url}/admin/users`, { token: user.token }))).toStrictEqual([403, ADMINS_ONLY]);
    expect((await call(`${service.url}/admin/users`, { token: await logIn(service.url, user) })).status).toBe(200);
  });

  test('is a user again, at once, when the role is taken away', async () => {
    const user = await newUser();
    await patch(user.id, { admin: true });
    const token = await logIn(service.url, user);
    const refresh = await refreshTokenOf(user);
    expect((await patch(user.id, { admin: false })).json()).toMatchObject({ user: { roles: [] } });
    expect(await outcome(call(`${service.url}/admin/users`, { token }))).toStrictEqual(REVOKED);
    expect(await outcome(call(`${service.url}/auth/refresh`, { token: refresh }))).toStrictEqual(REVOKED);
    const fresh = await logIn(service.url, user);
    expect(await outcome(call(`${service.url}/admin/users`, { token: fresh }))).toStrictEqual([403, ADMINS_ONLY]);
    expect(await admin.auditOf(user.username)).toStrictEqual(
      ['user.promote', 'user.demote'].map((action) => ({
        admin: ADMIN.username,
        action,
        subject: user.username,
        details: { user_id: user.id },
      })),
    );
  });
});

describe('a user who is disabled', () => {
  test('can neither read, refresh nor log in, and is told nothing that a wrong password is not told', async () => {
    const user = await newUser();
    const refresh = await refreshTokenOf(user);
    const job = await submit(service.url, user.token);
    expect((await patch(user.id, { disabled: true })).json()).toMatchObject({ user: { disabled: true } });
    expect(await status(user.token)).toStrictEqual(REVOKED);
    expect(await outcome(call(`${service.url}/tasks?job_id=${job.job_id}`, { token: user.token }))).toStrictEqual(
      REVOKED,
    );
    expect(await outcome(call(`${service.url}/auth/refresh`, { token: refresh }))).toStrictEqual(REVOKED);
    const tryWith = (password: string) =>
      call(`${service.url}/auth/login`, { method: 'POST', body: { username: user.username, password } });
    const [right, wrong] = [await tryWith(user.password), await tryWith('not the password')];
    expect([right.status, right.json()['message']]).toStrictEqual(WRONG_LOGIN);
    expect([right.status, right.bytes]).toStrictEqual([wrong.status, wrong.bytes]);
    expect(right.headers).not.toHaveProperty('set-cookie');
  });

  test("keeps the simulations, and their workers' keys", async () => {
    const user = await newUser();
    const { job_id, update_key } = await submit(service.url, user.token);
    await patch(user.id, { disabled: true });
    const body = { simulation_id: job_id, update_key, task_id: 1, update_dict: { task_state: 'RUNNING' } };
    expect((await call(`${service.url}/tasks`, { method: 'POST', body })).status).toBe(202);
    expect((await admin.call(`/tasks?job_id=${job_id}`)).status).toBe(200);
  });

  test('is back with the old password when enabled again, but not with the old tokens', async () => {
    const user = await newUser();
    await patch(user.id, { disabled: true });
    await patch(user.id, { disabled: false });
    expect(await status(user.token)).toStrictEqual(REVOKED);
    expect((await status(await logIn(service.url, user)))[0]).toBe(200);
    expect((await admin.auditOf(user.username)).map(({ action }) => action)).toStrictEqual([
      'user.disable',
      'user.enable',
    ]);
  });

  test('stays away with the new password that an admin sets', async () => {
    const user = await newUser();
    await patch(user.id, { disabled: true });
    const { password } = (await admin.call(`/admin/users/${user.id}/password`, { method: 'POST' })).json();
    secrets.push(String(password));
    expect(await login(user.username, String(password))).toStrictEqual(WRONG_LOGIN);
  });
});

describe('changes that are none, or several', () => {
  test('what is so already is answered 200, ends no token and is not logged', async () => {
    const user = await newUser();
    expect((await patch(user.id, { admin: false, disabled: false })).status).toBe(200);
    expect((await status(user.token))[0]).toBe(200);
    expect(await admin.auditOf(user.username)).toStrictEqual([]);
  });

  test('two changes at once are two entries', async () => {
    const user = await newUser();
    await patch(user.id, { admin: true });
    expect((await patch(user.id, { admin: false, disabled: true })).json()).toMatchObject({
      user: { roles: [], disabled: true },
    });
    const actions = (await admin.auditOf(user.username)).map(({ action }) => action);
    expect(actions).toStrictEqual(['user.promote', 'user.demote', 'user.disable']);
  });
});

describe('a password that is reset', () => {
  test('is made up, shown once, and ends the tokens made before', async () => {
    const user = await newUser();
    const answer = await admin.call(`/admin/users/${user.id}/password`, { method: 'POST' });
    const { message, password, ...rest } = answer.json();
    secrets.push(String(password));
    expect([answer.status, message, rest]).toStrictEqual([200, 'Password reset', {}]);
    expect(password).toMatch(/^[\w-]{20}$/);
    expect(await status(user.token)).toStrictEqual(REVOKED);
    expect(await login(user.username, user.password)).toStrictEqual(WRONG_LOGIN);
    expect((await login(user.username, String(password)))[0]).toBe(202);
    expect(await admin.auditOf(user.username)).toStrictEqual([
      { admin: ADMIN.username, action: 'user.reset-password', subject: user.username, details: { user_id: user.id } },
    ]);
  });

  test('is the one of the body where there is one, which is not echoed', async () => {
    const user = await newUser();
    const password = 'a password from elsewhere';
    secrets.push(password);
    const answer = await admin.call(`/admin/users/${user.id}/password`, { method: 'POST', body: { password } });
    expect(answer.json()).toStrictEqual({ message: 'Password reset' });
    expect((await login(user.username, password))[0]).toBe(202);
    expect(await status(user.token)).toStrictEqual(REVOKED);
  });

  test('is made up for {} and null too', async () => {
    const user = await newUser();
    for (const body of [{}, { password: null }]) {
      const { password } = (await admin.call(`/admin/users/${user.id}/password`, { method: 'POST', body })).json();
      secrets.push(String(password));
      expect((await login(user.username, String(password)))[0]).toBe(202);
    }
  });
});

describe('refusals', () => {
  const ROUTES = [
    ['GET', '/admin/users'],
    ['PATCH', '/admin/users/1'],
    ['POST', '/admin/users/1/password'],
    ['GET', '/admin/simulations'],
    ['GET', '/admin/simulations/any'],
    ['DELETE', '/admin/simulations/any'],
    ['GET', '/admin/storage'],
    ['GET', '/admin/audit-log'],
  ] as const;

  test.each(ROUTES)('%s %s is 401 to nobody and 403 to a user, whatever else is wrong', async (method, path) => {
    const { token } = await newUser();
    const url = `${service.url}${path}?limit=none&cursor=none`;
    expect(await outcome(call(url, { method }))).toStrictEqual([401, 'No token provided']);
    expect(await outcome(call(url, { method, token }))).toStrictEqual([403, ADMINS_ONLY]);
    if (method !== 'GET') {
      const headers = { 'content-type': 'text/plain' };
      expect((await call(url, { method, token, headers, body: 'x' })).status).toBe(415);
      const bad = await call(url, { method, token, body: '{' });
      expect(bad.status).toBe(403);
    }
  });

  test('a foreign page is refused before the admin is looked at', async () => {
    const headers = { cookie: `access_token=${await logIn(service.url, ADMIN)}`, origin: 'https://evil.example' };
    const answer = await call(`${service.url}/admin/users/1`, { method: 'PATCH', headers, body: { disabled: true } });
    expect([answer.status, answer.json()['message']]).toStrictEqual([403, 'Requests from this Origin are not allowed']);
  });

  test.each([
    ['limit=0', 'limit: must be an integer from 1 to 200'],
    ['limit=201', 'limit: must be an integer from 1 to 200'],
    ['limit=1&limit=2', 'limit: is repeated'],
    ['cursor=x', 'cursor: must be the next_cursor of an earlier answer'],
    ['cursor=2147483648', 'cursor: must be the next_cursor of an earlier answer'],
    ['role=root', 'role: must be admin or user'],
    ['disabled=yes', 'disabled: must be true or false'],
    ['username=', 'username: must have 1 to 64 characters'],
    ['username=%00', 'username: must not contain U+0000'],
  ])('GET /admin/users?%s is 400', async (query, message) => {
    expect(await outcome(admin.call(`/admin/users?${query}`))).toStrictEqual([400, message]);
  });

  test.each([
    [{}, 'body: must have admin or disabled'],
    [{ role: 'admin' }, 'body: must have admin or disabled'],
    [{ admin: 'yes' }, 'admin: must be true or false'],
    [{ admin: null }, 'admin: must be true or false'],
    [{ admin: true, disabled: 1 }, 'disabled: must be true or false'],
    ['[]', 'body: must be a JSON object'],
    ['{"admin":true,"admin":false}', 'admin: comes twice'],
  ])('PATCH with %j is 400', async (body, message) => {
    expect(await outcome(patch(1, body))).toStrictEqual([400, message]);
  });

  test.each([
    [{ password: 'short' }, 'password: must have 8 to 128 characters'],
    [{ password: 12_345_678 }, 'password: must be a string'],
    ['"x"', 'body: must be a JSON object'],
  ])('a password reset with %j is 400', async (body, message) => {
    const { id } = await newUser();
    const answer = admin.call(`/admin/users/${id}/password`, { method: 'POST', body });
    expect(await outcome(answer)).toStrictEqual([400, message]);
  });

  test.each(['x', '0', '-1', '1.5', '%00', '99999999999999999999'])('the user number %s is 400', async (id) => {
    const wrong = [400, 'user_id: must be a positive integer'];
    expect(await outcome(patch(id, { admin: true }))).toStrictEqual(wrong);
    expect(await outcome(admin.call(`/admin/users/${id}/password`, { method: 'POST' }))).toStrictEqual(wrong);
  });

  test.each(['2147483647', '9007199254740991'])('the user number %s is 404', async (id) => {
    const unknown = [404, 'User not found'];
    expect(await outcome(patch(id, { admin: true }))).toStrictEqual(unknown);
    expect(await outcome(admin.call(`/admin/users/${id}/password`, { method: 'POST' }))).toStrictEqual(unknown);
  });

  test('nobody demotes, disables or resets themselves', async () => {
    const own = await admin.userId(ADMIN.username);
    const refused = [409, 'You cannot demote or disable yourself; another admin can'];
    expect(await outcome(patch(own, { admin: false }))).toStrictEqual(refused);
    expect(await outcome(patch(own, { disabled: true }))).toStrictEqual(refused);
    expect((await patch(own, { admin: true, disabled: false })).status).toBe(200);
    const reset = admin.call(`/admin/users/${own}/password`, { method: 'POST' });
    expect(await outcome(reset)).toStrictEqual([409, 'Change your own password with POST /auth/password']);
    expect((await admin.call('/auth/status')).status).toBe(200);
    expect(await admin.auditOf(ADMIN.username)).toStrictEqual([]);
  });
});

test('neither the log nor the audit log holds a password or token', async () => {
  const audit = JSON.stringify(await sql(database.url, 'SELECT * FROM audit_log'));
  for (const secret of secrets)
    expect([service.output().includes(secret), audit.includes(secret)]).toEqual([false, false]);
  expect(service.output()).not.toContain('unexpected error');
  secrets = [];
});

import { type Answer, call, registerUser } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

const THEIR_UI = 'https://ui.example.org';

let database: TestDatabase;
let service: RunningService;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url, { CORS_ORIGINS: THEIR_UI });
  ({ token } = await registerUser(service.url, 'ada'));
});
afterAll(async () => {
  await service.end();
  await database.drop();
});

const at = (path: string) => `${service.url}/yaptide${path}`;

function expectError(answer: Answer, wanted: number, message: string) {
  expect([answer.status, answer.json()]).toStrictEqual([wanted, { message }]);
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
}

test.each(['', '/'])('GET /yaptide%s greets without a login', async (path) => {
  const answer = await call(at(path));
  expect([answer.status, answer.json()]).toStrictEqual([200, { message: expect.any(String) as string }]);
});

describe('the login', () => {
  const credentials = { username: 'grace', password: 'the password of grace' };

  it('registers, logs in by cookie, tells who is there, refreshes and logs out', async () => {
    const registered = await call(at('/auth/register'), { method: 'PUT', body: credentials });
    expect([registered.status, Object.keys(registered.json())]).toStrictEqual([201, ['message']]);

    const login = await call(at('/auth/login'), { method: 'POST', body: credentials });
    expect([login.status, login.json()]).toStrictEqual([
      202,
      {
        message: expect.any(String) as string,
        access_exp: expect.any(Number) as number,
        refresh_exp: expect.any(Number) as number,
      },
    ]);
    expect(Number(login.json()['access_exp'])).toBeGreaterThan(1e12);
    const cookies = login.headers['set-cookie'] ?? [];
    expect(cookies.map((cookie) => cookie.split('=')[0])).toStrictEqual(['access_token', 'refresh_token']);
    for (const cookie of cookies) expect(cookie).toMatch(/; Path=\/(;|$)/);
    const headers = { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') };

    const status = await call(at('/auth/status'), { headers });
    expect(status.json()).toStrictEqual({
      message: expect.any(String) as string,
      username: 'grace',
      source: 'yaptide',
    });
    const refreshed = await call(at('/auth/refresh'), { headers });
    expect([refreshed.status, Object.keys(refreshed.json())]).toStrictEqual([200, ['message', 'access_exp']]);
    const out = await call(at('/auth/logout'), { method: 'DELETE', headers });
    expect([out.status, Object.keys(out.json())]).toStrictEqual([200, ['message']]);
    expect((await call(at('/auth/status'), { headers })).status).toBe(401);
  });

  it('takes the cookies of root, and gives cookies that root takes', async () => {
    const login = await call(`${service.url}/auth/login`, {
      method: 'POST',
      body: { username: 'ada', password: 'the password of ada' },
    });
    const headers = { cookie: (login.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0]).join('; ') };
    expect((await call(at('/auth/status'), { headers })).status).toBe(200);
  });

  it('refuses a foreign page, and lets one of CORS_ORIGINS in, with credentials', async () => {
    const login = (origin: string) =>
      call(at('/auth/login'), { method: 'POST', body: credentials, headers: { origin } });
    expectError(await login('https://evil.example.org'), 403, 'Requests from this Origin are not allowed');
    const answer = await login(THEIR_UI);
    expect([
      answer.status,
      answer.headers['access-control-allow-origin'],
      answer.headers['access-control-allow-credentials'],
    ]).toStrictEqual([202, THEIR_UI, 'true']);
  });
});

describe('an error has message and nothing else', () => {
  it('without a token', async () => {
    expectError(await call(at('/auth/status')), 401, 'No token provided');
    expect((await call(`${service.url}/auth/status`)).json()).toStrictEqual({
      message: 'No token provided',
      status_code: 401,
    });
  });

  it('for wrong credentials', async () => {
    const body = { username: 'ada', password: 'not the password' };
    const answer = await call(at('/auth/login'), { method: 'POST', body });
    expect([answer.status, Object.keys(answer.json())]).toStrictEqual([401, ['message']]);
  });

  it.each([
    ['GET', '/nothing/here', {}, undefined, 404],
    ['GET', '?no_such=1', {}, undefined, 200],
    ['GET', '/%zz', {}, undefined, 400],
    ['POST', '/auth/login', {}, '{"username": ', 400],
    ['POST', '/auth/login', { 'content-type': 'text/plain' }, 'hello', 415],
    ['POST', '/auth/login', {}, `"${'x'.repeat(1_100_000)}"`, 413],
  ])('%s %s with %p', async (method, path, headers, body, status) => {
    const answer = await call(at(path), { method, headers, body });
    expect([answer.status, Object.keys(answer.json())]).toStrictEqual([status, ['message']]);
  });

  it('while a path that only begins like the prefix is root', async () => {
    const answer = await call(`${service.url}/yaptides`);
    expect([answer.status, Object.keys(answer.json())]).toStrictEqual([404, ['message', 'status_code']]);
  });
});

test('HEAD and OPTIONS are answered as at root', async () => {
  expect((await call(at('/auth/status'), { method: 'HEAD', token })).status).toBe(200);
  const headers = { origin: THEIR_UI, 'access-control-request-method': 'DELETE' };
  const answer = await call(at('/user/simulations'), { method: 'OPTIONS', headers });
  expect([answer.status, answer.headers['access-control-allow-origin']]).toStrictEqual([204, THEIR_UI]);
});

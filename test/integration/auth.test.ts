import { createSecretKey } from 'node:crypto';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { AccessTokenGuard } from '../../src/auth/access-token.guard.js';
import { AdminBootstrap } from '../../src/auth/admin-bootstrap.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { AuthService } from '../../src/auth/auth.service.js';
import { OriginGuard } from '../../src/auth/origin.guard.js';
import { Passwords } from '../../src/auth/passwords.js';
import { Revocations } from '../../src/auth/revocations.js';
import { TokenService } from '../../src/auth/token.service.js';
import { UserService } from '../../src/auth/user.service.js';
import { readConfig } from '../../src/config/config.js';
import { ConfigModule, type ServiceConfig } from '../../src/config/config.module.js';
import { ErrorFilter } from '../../src/http/error.filter.js';
import { BodyAdmission } from '../../src/http/body-admission.js';
import { BodyGuard } from '../../src/http/body.guard.js';
import { MetricsModule } from '../../src/metrics/metrics.module.js';
import { PrismaModule } from '../../src/prisma/prisma.module.js';
import { createTestDatabase } from '../support/database.js';

const JWT_SECRET = 'a-signing-secret-of-this-test-alone';
const PASSWORD = 'correct horse battery';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let config: ServiceConfig;
let app: NestFastifyApplication;
let base: string;

beforeAll(async () => {
  database = await createTestDatabase();
  const env = { JWT_SECRET, CORS_ORIGINS: 'https://app.example', LOG_LEVEL: 'silent' };
  config = { ...readConfig(env), databaseUrl: database.url, jwtSecret: JWT_SECRET };
  const module = await Test.createTestingModule({
    imports: [ConfigModule.with(config), MetricsModule, PrismaModule, AuthModule],
    providers: [
      BodyAdmission,
      ...[BodyGuard, AccessTokenGuard, OriginGuard].map((useClass) => ({ provide: APP_GUARD, useClass })),
      { provide: APP_FILTER, useClass: ErrorFilter },
    ],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter(), {
    bodyParser: false,
    logger: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', (_request, _payload, done) => done(null));
  await app.listen(0, '127.0.0.1');
  base = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
});

afterAll(async () => {
  await app.close();
  await database.drop();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** The cookies that were set, by name. */
  readonly cookies: Readonly<Record<string, string>>;
}

/** `PUT /auth/register` and the like over a real socket; a body goes as JSON. */
async function call(route: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
  const [method = '', path = ''] = route.split(' ');
  const answer = await fetch(`${base}${path}`, {
    method,
    headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const pairs = answer.headers.getSetCookie().map((line) => (line.split(';')[0] ?? '').split('='));
  return {
    status: answer.status,
    headers: answer.headers,
    body: (await answer.json()) as Record<string, unknown>,
    cookies: Object.fromEntries(pairs) as Record<string, string>,
  };
}

const cookieHeader = (cookies: Readonly<Record<string, string>>) => ({
  cookie: Object.entries(cookies)
    .map(([name, value]) => `${name}=${value}`)
    .join('; '),
});
const bearer = (token: string | undefined) => ({ authorization: `Bearer ${String(token)}` });

let users = 0;
/** A user of its own for each test, so that none ends another's tokens. */
async function newUser(): Promise<{ username: string; password: string }> {
  const user = { username: `user ${++users}`, password: PASSWORD };
  expect((await call('PUT /auth/register', {}, user)).status).toBe(201);
  return user;
}

async function loggedIn() {
  const user = await newUser();
  const { cookies } = await call('POST /auth/login', {}, user);
  return { ...user, cookies, id: (await app.get(UserService).byName(user.username))?.id ?? 0 };
}

describe('a session', () => {
  it('begins with a login that sets both cookies and tells when they end', async () => {
    const user = await newUser();
    const before = Date.now();
    const { status, body, headers } = await call('POST /auth/login', {}, user);
    expect(status).toBe(202);
    expect(Object.keys(body).sort()).toEqual(['access_exp', 'message', 'refresh_exp']);
    expect(Number(body['access_exp'])).toBeGreaterThan(before + 599_000 - 1_000);
    expect(Number(body['refresh_exp']) - Number(body['access_exp'])).toBe(110 * 60_000);
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(/^access_token=[\w.-]+; Max-Age=\d+; Expires=.* GMT; Path=\/; HttpOnly; SameSite=Lax$/),
      expect.stringMatching(/^refresh_token=[\w.-]+; Max-Age=\d+; Expires=.* GMT; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });

  it('hands the access token to scripts that ask for it', async () => {
    const user = await newUser();
    const { body, cookies } = await call('POST /auth/login', {}, { ...user, token: true });
    expect(body['access_token']).toBe(cookies['access_token']);
    const status = await call('GET /auth/status', bearer(String(body['access_token'])));
    expect(status.body).toEqual({ message: 'User status', username: user.username, source: 'yaptide' });
  });

  it('goes on with a new access token for the refresh token, from the cookie or the header', async () => {
    const { cookies } = await loggedIn();
    for (const headers of [
      cookieHeader({ refresh_token: cookies['refresh_token'] ?? '' }),
      bearer(cookies['refresh_token']),
    ]) {
      const { status, body, cookies: fresh } = await call('GET /auth/refresh', headers);
      expect(status).toBe(200);
      expect(Object.keys(body).sort()).toEqual(['access_exp', 'message']);
      expect(Object.keys(fresh)).toEqual(['access_token']);
      expect((await call('GET /auth/status', cookieHeader(fresh))).status).toBe(200);
    }
  });

  it('refuses to refresh with an access token or with none', async () => {
    const { cookies } = await loggedIn();
    expect((await call('GET /auth/refresh', bearer(cookies['access_token']))).body['message']).toBe('Invalid token');
    expect(await call('GET /auth/refresh')).toMatchObject({ status: 401, body: { message: 'No token provided' } });
  });

  it('ends with a logout: all tokens made before are void, those of a later login are good', async () => {
    const user = await loggedIn();
    const out = await call('DELETE /auth/logout', cookieHeader(user.cookies));
    expect(out).toMatchObject({ status: 200, body: { message: 'User logged out' } });
    expect(out.cookies).toEqual({ access_token: '', refresh_token: '' });
    for (const route of ['GET /auth/status', 'GET /auth/refresh']) {
      expect(await call(route, cookieHeader(user.cookies))).toMatchObject({
        status: 401,
        body: { message: 'Token has been revoked', status_code: 401 },
      });
    }
    const again = await call('POST /auth/login', {}, user);
    expect((await call('GET /auth/status', cookieHeader(again.cookies))).status).toBe(200);
    await call('DELETE /auth/logout', cookieHeader(user.cookies));
    expect((await call('GET /auth/status', cookieHeader(again.cookies))).status).toBe(200);
  });

  it('ends with the refresh token alone as well', async () => {
    const { cookies } = await loggedIn();
    await call('DELETE /auth/logout', cookieHeader({ refresh_token: cookies['refresh_token'] ?? '' }));
    expect((await call('GET /auth/status', bearer(cookies['access_token']))).status).toBe(401);
  });

  it('removes the cookies of whoever logs out without a valid token', async () => {
    for (const headers of [{}, { cookie: 'access_token=garbage' }]) {
      const out = await call('DELETE /auth/logout', headers);
      expect(out.status).toBe(200);
      expect(out.cookies).toEqual({ access_token: '', refresh_token: '' });
    }
  });
});

describe('an access token', () => {
  /** Signs a payload that is right but for what is changed. */
  const sign = (id: number, change: object, key = JWT_SECRET, algorithm: 'HS256' | 'HS512' = 'HS256') => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { use: 'access', sub: String(id), username: 'x', roles: ['admin'], epoch: 0, iss: 'tallyhouse' };
    const payload = { ...claims, aud: 'tallyhouse', iat: now, exp: now + 60, ...change };
    return new JwtService({ secret: createSecretKey(Buffer.from(key)) }).sign(payload, { algorithm });
  };
  const unsigned = (id: number) => {
    const [, payload = ''] = sign(id, {}).split('.');
    return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
  };
  const past = { exp: Math.floor(Date.now() / 1000) - 1 };

  it('signed by us is good', async () => {
    const { id } = await loggedIn();
    expect((await call('GET /auth/status', bearer(sign(id, {})))).status).toBe(200);
  });

  it.each<[string, (id: number, cookies: Readonly<Record<string, string>>) => string]>([
    ['Invalid token', (id) => unsigned(id)],
    ['Invalid token', (id) => sign(id, {}, 'some other secret of the same length')],
    ['Invalid token', (id) => sign(id, {}, JWT_SECRET, 'HS512')],
    ['Invalid token', (id) => sign(id, { aud: 'elsewhere' })],
    ['Invalid token', (id) => sign(id, { iss: 'elsewhere' })],
    ['Invalid token', (id) => sign(id, { use: undefined })],
    ['Invalid token', (id) => sign(id, { sub: `${id} OR true` })],
    ['Invalid token', (id) => sign(id, { epoch: 'x' })],
    ['Token expired', (id) => sign(id, past)],
    ['Invalid token', (_, cookies) => cookies['refresh_token'] ?? ''],
    ['Invalid token', () => 'QmFzZTY0dXJsLW9mLWFuLXVwZGF0ZS1rZXktMTIz'],
    ['Invalid token', () => 'a.b.c'],
    ['Invalid token', () => '..'],
    ['Invalid token', () => `${Buffer.from('null').toString('base64url')}.${Buffer.from('1').toString('base64url')}.x`],
    ['Invalid token', () => `${Buffer.from('{"alg":{}}').toString('base64url')}.e30.x`],
    ['Invalid token', () => 'x'.repeat(12_000)],
    ['Invalid token', (id) => sign(id, { padding: 'x'.repeat(6_000) })],
    ['Invalid token', (_, cookies) => (cookies['access_token'] ?? '').slice(0, -2)],
  ])('is refused (%s): row %#', async (message, forge) => {
    const { id, cookies } = await loggedIn();
    const token = forge(id, cookies);
    for (const headers of [
      bearer(token),
      { cookie: `access_token=${token}` },
      { ...bearer(token), ...cookieHeader(cookies) },
    ]) {
      expect(await call('GET /auth/status', headers)).toMatchObject({
        status: 401,
        body: { message, status_code: 401 },
      });
    }
  });

  it('is missed where there is none, and an empty header decides against the cookie', async () => {
    const { cookies } = await loggedIn();
    for (const headers of [{}, { authorization: 'Bearer', ...cookieHeader(cookies) }, { cookie: 'access_token=' }]) {
      expect(await call('GET /auth/status', headers)).toMatchObject({
        status: 401,
        body: { message: 'No token provided' },
      });
    }
    expect((await call('GET /auth/status', { authorization: 'Basic YTpi', ...cookieHeader(cookies) })).status).toBe(
      401,
    );
  });

  it('in the header decides where the cookie is broken', async () => {
    const { cookies } = await loggedIn();
    const headers = { cookie: 'access_token=broken', ...bearer(cookies['access_token']) };
    expect((await call('GET /auth/status', headers)).status).toBe(200);
  });

  it.each(['access_token=\xff\xfe%ff%', '=;=;access_token', 'access_token="; \t;;__proto__=1', '\x80'])(
    'is refused without harm in the cookie header %j',
    async (cookie) => {
      const { port, hostname } = new URL(base);
      const socket = connect(Number(port), hostname);
      socket.end(
        Buffer.from(`GET /auth/status HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${cookie}\r\n\r\n`, 'latin1'),
      );
      expect(await text(socket)).toMatch(/^HTTP\/1\.1 401 /);
    },
  );
});

describe('registration', () => {
  it('refuses a name that is taken, also where two come at once', async () => {
    const user = await newUser();
    expect(await call('PUT /auth/register', {}, user)).toMatchObject({
      status: 403,
      body: { message: 'User name is taken' },
    });
    const twin = { username: 'twins', password: PASSWORD };
    const both = await Promise.all([1, 2, 3].map(() => call('PUT /auth/register', {}, twin)));
    expect(both.map(({ status }) => status).sort()).toEqual([201, 403, 403]);
  });

  it('is refused where it is closed', async () => {
    const parts = [UserService, Passwords, TokenService, Revocations] as const;
    const [users, passwords, tokens, revocations] = parts.map((part) => app.get<never>(part as never));
    const closed = { ...config, registrationOpen: false };
    const auth = new AuthService(closed, users as never, passwords as never, tokens as never, revocations as never);
    await expect(auth.register({ username: 'nobody', password: PASSWORD })).rejects.toMatchObject({
      kind: 'forbidden',
    });
  });

  it.each([
    ['{"username": "ada"}', 'password: is required'],
    ['{"password": "12345678"}', 'username: is required'],
    ['{"username": "", "password": "12345678"}', 'username: must have 1 to 64 characters'],
    ['{"username": "a\\u0000b", "password": "12345678"}', 'username: must not hold control characters'],
    ['{"username": "a\\ud800", "password": "12345678"}', 'username: must not hold lone surrogates'],
    ['{"username": " ada", "password": "12345678"}', 'username: must not begin or end with a space'],
    ['{"username": 7, "password": "12345678"}', 'username: must be a string'],
    ['{"username": "ada", "password": "1234567"}', 'password: must have 8 to 128 characters'],
    ['{"username": "ada", "password": null}', 'password: must be a string'],
    ['{"username": "ada", "username": "eve", "password": "12345678"}', 'username: comes twice'],
    ['[]', 'body: must be a JSON object'],
  ])('refuses %s', async (body, message) => {
    expect(await call('PUT /auth/register', {}, body)).toMatchObject({
      status: 400,
      body: { message, status_code: 400 },
    });
    expect((await call('POST /auth/login', {}, body)).status).toBe(400);
  });

  it('refuses a token flag that is none', async () => {
    const { body } = await call('POST /auth/login', {}, { username: 'ada', password: PASSWORD, token: 'yes' });
    expect(body['message']).toBe('token: must be true or false');
  });
});

describe('failed logins', () => {
  it('look the same for a wrong name and a wrong password', async () => {
    const user = await newUser();
    const wrong = [
      { ...user, password: 'wrong password' },
      { ...user, username: 'no such user' },
    ];
    for (const body of wrong) {
      const answer = await call('POST /auth/login', {}, body);
      expect(answer).toMatchObject({ status: 401, body: { message: 'Invalid login or password' } });
      expect(answer.cookies).toEqual({});
    }
  });

  it('are throttled after twenty a minute, by address and name, while the right password passes', async () => {
    const user = await newUser();
    const wrong = { ...user, password: 'wrong password' };
    for (let i = 0; i < 20; i++) expect((await call('POST /auth/login', {}, wrong)).status).toBe(401);
    const throttled = await call('POST /auth/login', {}, wrong);
    expect(throttled).toMatchObject({ status: 429, body: { status_code: 429 } });
    expect(Number(throttled.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await call('POST /auth/login', {}, user)).status).toBe(202);
    const other = await newUser();
    expect((await call('POST /auth/login', {}, { ...other, password: 'wrong password' })).status).toBe(401);
  });
});

describe('a new password', () => {
  it('ends all tokens made before, and comes with fresh ones', async () => {
    const user = await loggedIn();
    const change = { password: PASSWORD, new_password: 'staple of another kind' };
    const { status, body, cookies } = await call('POST /auth/password', cookieHeader(user.cookies), change);
    expect(status).toBe(200);
    expect(Object.keys(body).sort()).toEqual(['access_exp', 'message', 'refresh_exp']);
    expect((await call('GET /auth/status', cookieHeader(user.cookies))).status).toBe(401);
    expect((await call('GET /auth/refresh', cookieHeader(user.cookies))).status).toBe(401);
    expect((await call('GET /auth/status', cookieHeader(cookies))).status).toBe(200);
    expect((await call('GET /auth/refresh', cookieHeader(cookies))).status).toBe(200);
    expect((await call('POST /auth/login', {}, user)).status).toBe(401);
    expect((await call('POST /auth/login', {}, { ...user, password: change.new_password })).status).toBe(202);
  });

  it('needs the old one', async () => {
    const user = await loggedIn();
    const change = { password: 'not the old one', new_password: 'staple of another kind' };
    const wrong = await call('POST /auth/password', cookieHeader(user.cookies), change);
    expect(wrong).toMatchObject({ status: 401, body: { message: 'Wrong password' } });
    expect((await call('GET /auth/status', cookieHeader(user.cookies))).status).toBe(200);
    expect((await call('POST /auth/password', {}, change)).body['message']).toBe('No token provided');
  });

  it('is set by one of two that come at once', async () => {
    const user = await loggedIn();
    const change = (word: string) => ({ password: PASSWORD, new_password: `staple of ${word} kind` });
    const both = await Promise.all(
      ['one', 'another'].map((word) => call('POST /auth/password', cookieHeader(user.cookies), change(word))),
    );
    const statuses = both.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(200);
    // The second finds the token ended, its old password wrong, or the password changed in between.
    expect([401, 409]).toContain(statuses[1]);
  });
});

describe('a state-changing request of a foreign page', () => {
  const foreign = { origin: 'https://elsewhere.example' };

  it('is refused where cookies authorise it', async () => {
    const { cookies } = await loggedIn();
    for (const origin of ['https://elsewhere.example', 'null', 'garbage']) {
      const answer = await call('DELETE /auth/logout', { origin, ...cookieHeader(cookies) });
      expect(answer).toMatchObject({ status: 403, body: { message: 'Requests from this Origin are not allowed' } });
    }
    expect((await call('GET /auth/status', { ...foreign, ...cookieHeader(cookies) })).status).toBe(200);
  });

  it.each(['our own', 'an allowed', 'no'])('passes with %s Origin', async (which) => {
    const { cookies } = await loggedIn();
    const origin = { 'our own': { origin: base }, 'an allowed': { origin: 'https://app.example' } }[which] ?? {};
    expect((await call('DELETE /auth/logout', { ...origin, ...cookieHeader(cookies) })).status).toBe(200);
  });

  it('passes where a header authorises it, which no page can send unasked', async () => {
    const { cookies } = await loggedIn();
    const headers = { ...foreign, ...cookieHeader(cookies), ...bearer(cookies['access_token']) };
    expect((await call('DELETE /auth/logout', headers)).status).toBe(200);
  });

  it('never makes a session or a user', async () => {
    const user = await newUser();
    expect((await call('POST /auth/login', foreign, user)).status).toBe(403);
    expect((await call('PUT /auth/register', foreign, { ...user, username: 'from elsewhere' })).status).toBe(403);
  });
});

describe('the first admin', () => {
  const admin = { username: 'root of all', password: PASSWORD };

  it('is created once, and keeps a password of its own', async () => {
    const bootstrap = app.get(AdminBootstrap);
    expect(await bootstrap.ensureAdmin(admin.username, admin.password)).toBe('created');
    expect(await bootstrap.ensureAdmin(admin.username, 'another password')).toBe('present');
    const user = await app.get(UserService).byName(admin.username);
    expect(user?.roles).toEqual(['admin']);
    expect((await call('POST /auth/login', {}, admin)).status).toBe(202);
  });

  it('may be a user who was there before', async () => {
    const { username } = await newUser();
    expect(await app.get(AdminBootstrap).ensureAdmin(username, PASSWORD)).toBe('present');
    expect((await app.get(UserService).byName(username))?.roles).toEqual(['admin']);
  });

  it('is refused where nobody could log in with it', async () => {
    await expect(app.get(AdminBootstrap).ensureAdmin('x'.repeat(65), PASSWORD)).rejects.toMatchObject({
      kind: 'invalid',
    });
    await expect(app.get(AdminBootstrap).ensureAdmin('short', '1234567')).rejects.toMatchObject({ kind: 'invalid' });
  });
});

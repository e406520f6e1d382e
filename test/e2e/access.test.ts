import { createHmac, randomBytes } from 'node:crypto';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import {
  type Answer,
  call,
  logIn,
  registerUser,
  submit,
  SUBMISSION,
  type SubmittedJob,
  unusedJobId,
} from '../support/client.js';
import { ADMIN, JWT_SECRET, type RunningService, startService } from '../support/service.js';

const OUR_UI = 'https://ui.example.org';

let database: TestDatabase;
let service: RunningService;
let owner: { username: string; password: string; token: string };
let stranger: { username: string; password: string; token: string };
let adminToken: string;
let job: SubmittedJob;
let foreignJob: SubmittedJob;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url, { TRUST_PROXY: 'loopback', CORS_ORIGINS: OUR_UI });
  owner = await registerUser(service.url, 'owner');
  stranger = await registerUser(service.url, 'stranger');
  adminToken = await logIn(service.url, ADMIN);
  job = await submit(service.url, owner.token);
  foreignJob = await submit(service.url, stranger.token);
  await work('/results', job, { estimators: ESTIMATORS });
  await work('/logfiles', job, { logfiles: { stdout: '' } });
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

const PAGE = { page_number: 1, name: '', data: { values: [1], dimensions: [], unit: '' } };
const ESTIMATORS = [{ name: 'D', pages: [PAGE] }];

/** An address of its own, as a trusted proxy tells it, so that failures of one test don't throttle another. */
function fromAnAddress(): { 'x-forwarded-for': string } {
  return { 'x-forwarded-for': `10.${[...randomBytes(3)].join('.')}` };
}

async function work(
  path: string,
  { job_id, update_key }: Omit<SubmittedJob, 'sim_id'>,
  content: object,
  headers = fromAnAddress(),
) {
  const body = { simulation_id: job_id, update_key, ...content };
  return call(service.url + path, { method: 'POST', headers, body });
}

async function outcome(answer: Promise<Answer>): Promise<[number, unknown]> {
  const received = await answer;
  return [received.status, received.json()['message']];
}

const NO_SUCH_JOB = [404, 'Job with provided ID does not exist'];
const READS = [
  '/results',
  '/estimators',
  '/inputs',
  '/logfiles',
  '/tasks',
  '/results?estimator_name=D&page_numbers=0-5',
];
const withJob = (path: string, jobId: string) =>
  `${service.url}${path}${path.includes('?') ? '&' : '?'}job_id=${jobId}`;

describe.each(READS)('GET %s', (path) => {
  it('is 200 to the owner and to an admin', async () => {
    for (const token of [owner.token, adminToken])
      expect((await call(withJob(path, job.job_id), { token })).status).toBe(200);
  });

  it('is 200 to the owner by cookie', async () => {
    const headers = { cookie: `other=1; access_token=${owner.token}` };
    expect((await call(withJob(path, job.job_id), { headers })).status).toBe(200);
  });

  it('answers a stranger as if there were no such simulation', async () => {
    const theirs = await call(withJob(path, job.job_id), { token: stranger.token });
    const nobodys = await call(withJob(path, unusedJobId()), { token: stranger.token });
    expect([theirs.status, theirs.json()['message']]).toEqual(NO_SUCH_JOB);
    expect(theirs.bytes).toEqual(nobodys.bytes);
    expect(theirs.headers).not.toHaveProperty('etag');
  });

  it('does not let a stranger find a simulation by If-None-Match', async () => {
    const { headers } = await call(withJob(path, job.job_id), { token: owner.token });
    const tags = { 'if-none-match': `${String(headers.etag)}, *` };
    expect(await outcome(call(withJob(path, job.job_id), { token: stranger.token, headers: tags }))).toEqual(
      NO_SUCH_JOB,
    );
  });

  it('is 401 to anybody without a token', async () => {
    expect(await outcome(call(withJob(path, job.job_id)))).toEqual([401, 'No token provided']);
  });
});

describe('what is no access token of ours is 401', () => {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const sign = (head: object, claims: object, secret = JWT_SECRET) => {
    const text = `${encode(head)}.${encode(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  const HEAD = { alg: 'HS256', typ: 'JWT' };
  const claims = () =>
    JSON.parse(Buffer.from(owner.token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
  const refreshToken = async () => {
    const { username, password } = owner;
    const answer = await call(`${service.url}/auth/login`, { method: 'POST', body: { username, password } });
    return /refresh_token=([^;]+)/.exec(answer.headers['set-cookie']?.join('\n') ?? '')?.[1] ?? '';
  };

  it('a token made with the right secret and claims passes, so that what follows fails for its one fault', async () => {
    expect((await call(`${service.url}/auth/status`, { token: sign(HEAD, claims()) })).status).toBe(200);
  });

  it.each<[string, () => string | Promise<string>]>([
    ['text that is no token', () => 'not.a.token'],
    ['a token signed with another secret', () => sign(HEAD, claims(), 'another secret, 32 bytes or more')],
    ['a token signed with an empty secret', () => sign(HEAD, claims(), '')],
    [
      'a token whose claims were changed',
      () =>
        [HEAD, { ...claims(), roles: ['admin'] }]
          .map(encode)
          .concat(owner.token.split('.')[2] ?? '')
          .join('.'),
    ],
    ['a token without a signature (alg none)', () => `${encode({ alg: 'none' })}.${encode(claims())}.`],
    ['a token of another algorithm', () => sign({ alg: 'HS512' }, claims())],
    ['an expired token', () => sign(HEAD, { ...claims(), exp: Math.floor(Date.now() / 1000) - 1 })],
    ['a token without an end', () => sign(HEAD, { ...claims(), exp: undefined })],
    ['a token of another issuer', () => sign(HEAD, { ...claims(), iss: 'elsewhere' })],
    ['a token for another audience', () => sign(HEAD, { ...claims(), aud: 'elsewhere' })],
    ['a token without a purpose', () => sign(HEAD, { ...claims(), use: undefined })],
    ['a refresh token', refreshToken],
    ['an update key', () => job.update_key],
    ['a token of 10,000 characters', () => `${owner.token}${'x'.repeat(10_000)}`],
  ])('%s', async (_, make) => {
    const token = await make();
    for (const path of [
      ...READS.map((read) => withJob(read, job.job_id)),
      `${service.url}/simulations`,
      `${service.url}/auth/status`,
    ]) {
      const byHeader = await call(path, { token });
      const byCookie = await call(path, { headers: { cookie: `access_token=${token}` } });
      expect([byHeader.status, byCookie.status]).toEqual([401, 401]);
    }
    for (const path of [
      '/simulations',
      '/simulations/cancel?job_id=x',
      '/simulations/update-key?job_id=x',
      '/auth/password',
    ]) {
      expect((await call(service.url + path, { method: 'POST', token, body: SUBMISSION })).status).toBe(401);
    }
    expect((await call(withJob('/simulations', job.job_id), { method: 'DELETE', token })).status).toBe(401);
  });

  it.each([
    ['a wrong header beside a right cookie', 'Bearer wrong', 401],
    ['another scheme beside a right cookie', 'Basic b3duZXI6eA==', 401],
  ])('%s', async (_, authorization, status) => {
    const headers = { authorization, cookie: `access_token=${owner.token}` };
    expect((await call(withJob('/results', job.job_id), { headers })).status).toBe(status);
  });

  it('a right header beside a wrong cookie passes', async () => {
    const headers = { cookie: 'access_token=wrong' };
    expect((await call(withJob('/results', job.job_id), { token: owner.token, headers })).status).toBe(200);
  });

  it('an access token in the place of a refresh token', async () => {
    const headers = { cookie: `refresh_token=${owner.token}` };
    expect((await call(`${service.url}/auth/refresh`, { headers })).status).toBe(401);
  });

  it('a token from before a logout', async () => {
    const { token } = await registerUser(service.url, 'leaving');
    expect((await call(`${service.url}/auth/logout`, { method: 'DELETE', token })).status).toBe(200);
    expect((await call(`${service.url}/auth/status`, { token })).status).toBe(401);
  });
});

describe('changing a simulation', () => {
  it.each([
    ['POST', '/simulations/cancel'],
    ['POST', '/simulations/update-key'],
    ['DELETE', '/simulations'],
  ])('%s %s is 401 without a token, 404 to a stranger, allowed to the owner and to an admin', async (method, path) => {
    const mine = await submit(service.url, owner.token);
    const alsoMine = await submit(service.url, owner.token);
    expect(await outcome(call(withJob(path, mine.job_id), { method }))).toEqual([401, 'No token provided']);
    expect(await outcome(call(withJob(path, mine.job_id), { method, token: stranger.token }))).toEqual(NO_SUCH_JOB);
    expect((await call(withJob(path, mine.job_id), { method, token: owner.token })).status).toBeLessThan(300);
    expect((await call(withJob(path, alsoMine.job_id), { method, token: adminToken })).status).toBeLessThan(300);
  });

  it('a job_id that a stranger has is 409, before and after its deletion', async () => {
    const theirs = await submit(service.url, stranger.token);
    const again = () =>
      call(`${service.url}/simulations`, {
        method: 'POST',
        token: owner.token,
        body: { ...SUBMISSION, ...theirs, sim_id: 0 },
      });
    expect((await again()).status).toBe(409);
    await call(withJob('/simulations', theirs.job_id), { method: 'DELETE', token: stranger.token });
    expect((await again()).status).toBe(409);
  });

  it('the same request again, with job_id and update_key, is the same 201, and to a stranger 409', async () => {
    const body = { ...SUBMISSION, job_id: unusedJobId(), update_key: randomBytes(32).toString('base64url') };
    const send = (token: string) => call(`${service.url}/simulations`, { method: 'POST', token, body });
    const [first, second, third] = [await send(owner.token), await send(owner.token), await send(stranger.token)];
    expect([first.status, second.status, third.status]).toEqual([201, 201, 409]);
    expect(second.bytes).toEqual(first.bytes);
  });

  it('GET /simulations lists only one’s own', async () => {
    const listed = (await call(`${service.url}/simulations?limit=200`, { token: stranger.token })).json()[
      'simulations'
    ];
    expect(JSON.stringify(listed)).toContain(foreignJob.job_id);
    expect(JSON.stringify(listed)).not.toContain(job.job_id);
  });
});

const WRITES: readonly [string, object][] = [
  ['/results', { estimators: [], partial: true }],
  ['/logfiles', { logfiles: { stdout: 'x' } }],
  ['/tasks', { task_id: 1, update_dict: {} }],
  ['/tasks/bulk', { tasks: [{ task_id: 1, update_dict: {} }] }],
  ['/jobs', { job_state: 'RUNNING' }],
];

describe.each(WRITES)('POST %s', (path, content) => {
  it('takes the right key with job_id or sim_id, in the body or in the header', async () => {
    const { sim_id, update_key } = job;
    const headers = { 'x-update-key': update_key };
    expect((await work(path, job, content)).status).toBe(202);
    const body = { simulation_id: sim_id, ...content };
    expect((await call(service.url + path, { method: 'POST', body: { ...body, update_key } })).status).toBe(202);
    expect((await call(service.url + path, { method: 'POST', body, headers })).status).toBe(202);
  });

  it.each<[string, () => Omit<SubmittedJob, 'sim_id'>]>([
    ['a wrong key', () => ({ ...job, update_key: 'x'.repeat(43) })],
    ['an empty key', () => ({ ...job, update_key: '' })],
    ['the key of another simulation', () => ({ ...job, update_key: foreignJob.update_key })],
    ['the owner’s access token', () => ({ ...job, update_key: owner.token })],
    ['a key with U+0000 and a lone surrogate', () => ({ ...job, update_key: '\0\ud800' })],
    ['an unknown simulation', () => ({ ...job, job_id: unusedJobId() })],
  ])('refuses %s with the same 403', async (_, credentials) => {
    const answer = await work(path, credentials(), content);
    expect([answer.status, answer.json()['message']]).toEqual([
      403,
      'Wrong update_key, or no simulation with this simulation_id',
    ]);
  });

  it('refuses a wrong key before it looks at the content', async () => {
    const wrong = Object.fromEntries(Object.keys(content).map((key) => [key, 'wrong']));
    const answer = await work(
      path,
      { ...job, update_key: 'x'.repeat(43) },
      { ...wrong, ...(path === '/jobs' ? content : {}), task_id: 1, partial: true },
    );
    expect(answer.status).toBe(403);
    expect((await work(path, job, { estimators: 5, logfiles: 5, update_dict: 5, tasks: 5, job_state: 5 })).status).toBe(
      400,
    );
  });

  it('does not let a user’s token stand for the key', async () => {
    const body = { simulation_id: job.job_id, ...content };
    const answer = await call(service.url + path, { method: 'POST', token: owner.token, body });
    expect([answer.status, answer.json()['message']]).toEqual([400, 'update_key: is required']);
  });

  it('refuses the old key once there is a new one, and any key once the simulation is deleted', async () => {
    const { job_id, update_key } = await submit(service.url, owner.token);
    const renewed = (
      await call(withJob('/simulations/update-key', job_id), { method: 'POST', token: owner.token })
    ).json();
    const newKey = String(renewed['update_key']);
    expect((await work(path, { job_id, update_key }, content)).status).toBe(403);
    expect((await work(path, { job_id, update_key: newKey }, content)).status).toBe(202);
    await call(withJob('/simulations', job_id), { method: 'DELETE', token: owner.token });
    expect((await work(path, { job_id, update_key: newKey }, content)).status).toBe(403);
  });
});

describe('the order of checks', () => {
  it.each([
    ['415 before 401', 'POST', '/simulations', { 'content-type': 'text/plain' }, '{', 415],
    ['401 before 400', 'GET', '/results', {}, undefined, 401],
    ['401 before 400 of a body', 'POST', '/simulations', {}, '{', 401],
    ['401 before 404', 'GET', '/results?job_id=nobody', {}, undefined, 401],
  ])('%s', async (_, method, path, headers, body, status) => {
    expect((await call(service.url + path, { method, headers, body })).status).toBe(status);
  });

  it('400 of the query before 404 of the simulation', async () => {
    const path = '/results?job_id=nobody&page_numbers=x';
    expect((await call(service.url + path, { token: owner.token })).status).toBe(400);
  });

  it('404 of the simulation before 404 of what it holds', async () => {
    const path = '/results?job_id=nobody&estimator_name=nobody';
    expect(await outcome(call(service.url + path, { token: owner.token }))).toEqual(NO_SUCH_JOB);
  });

  it('400 of the envelope before 403 of the key', async () => {
    const body = `{"revision":"x","simulation_id":"nobody","update_key":"${'x'.repeat(43)}","estimators":[]}`;
    expect((await call(`${service.url}/results`, { method: 'POST', headers: fromAnAddress(), body })).status).toBe(400);
  });

  it('403 of the key before the JSON that follows is found to be none', async () => {
    const body = `{"simulation_id":"${job.job_id}","update_key":"${'x'.repeat(43)}","estimators":[}`;
    expect((await call(`${service.url}/results`, { method: 'POST', headers: fromAnAddress(), body })).status).toBe(403);
  });
});

describe('throttling', () => {
  it('the 21st wrong key of a minute is 429 with Retry-After; a right key and other addresses pass', async () => {
    const headers = fromAnAddress();
    const wrong = { ...job, update_key: 'x'.repeat(43) };
    const statuses: number[] = [];
    for (let count = 0; count < 20; count++)
      statuses.push((await work('/tasks', wrong, { task_id: 1, update_dict: {} }, headers)).status);
    expect(new Set(statuses)).toEqual(new Set([403]));
    const refused = await work('/results', wrong, { estimators: [] }, headers);
    expect([refused.status, refused.json()['status_code']]).toEqual([429, 429]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(60);
    expect((await work('/tasks', job, { task_id: 1, update_dict: {} }, headers)).status).toBe(202);
    expect((await work('/tasks', wrong, { task_id: 1, update_dict: {} })).status).toBe(403);
  });

  it('the 21st failed login of a minute is 429; the right password, other names and other addresses pass', async () => {
    const headers = fromAnAddress();
    const login = (username: string, password: string, from = headers) =>
      call(`${service.url}/auth/login`, { method: 'POST', headers: from, body: { username, password } });
    for (let count = 0; count < 20; count++) expect((await login('owner', 'not the password')).status).toBe(401);
    const refused = await login('owner', 'not the password');
    expect([refused.status, refused.headers]).toEqual([
      429,
      expect.objectContaining({ 'retry-after': expect.stringMatching(/^\d+$/) as string }),
    ]);
    expect((await login('owner', owner.password)).status).toBe(202);
    expect((await login('stranger', 'not the password')).status).toBe(401);
    expect((await login('owner', 'not the password', fromAnAddress())).status).toBe(401);
  });
});

describe('requests that another site makes a browser send', () => {
  const submitFrom = (headers: Record<string, string>) =>
    call(`${service.url}/simulations`, { method: 'POST', headers, body: SUBMISSION });
  const cookie = () => `access_token=${owner.token}`;

  it.each([
    ['no Origin', {}, 201],
    ['our own Origin', 'ours', 201],
    ['an Origin of CORS_ORIGINS', { origin: OUR_UI }, 201],
    ['a foreign Origin', { origin: 'https://evil.example' }, 403],
    ['an Origin that begins like an allowed one', { origin: `${OUR_UI}.evil.example` }, 403],
    ['Origin null', { origin: 'null' }, 403],
  ])('a cookie request with %s', async (_, origin, status) => {
    const headers = origin === 'ours' ? { origin: service.url } : (origin as { origin?: string });
    expect((await submitFrom({ cookie: cookie(), ...headers })).status).toBe(status);
  });

  it('a foreign Origin is no matter with Bearer, nor for reading', async () => {
    const origin = 'https://evil.example';
    expect((await submitFrom({ authorization: `Bearer ${owner.token}`, origin })).status).toBe(201);
    expect((await call(withJob('/results', job.job_id), { headers: { cookie: cookie(), origin } })).status).toBe(200);
  });

  it('a foreign Origin may not log in, delete or cancel', async () => {
    const headers = { cookie: cookie(), origin: 'https://evil.example' };
    const body = { username: owner.username, password: owner.password };
    expect((await call(`${service.url}/auth/login`, { method: 'POST', headers, body })).status).toBe(403);
    expect((await call(withJob('/simulations', job.job_id), { method: 'DELETE', headers })).status).toBe(403);
    expect((await call(withJob('/simulations/cancel', job.job_id), { method: 'POST', headers })).status).toBe(403);
  });

  it.each([
    [OUR_UI, OUR_UI],
    ['https://evil.example', undefined],
  ])('CORS: a preflight from %s is told %s', async (origin, allowed) => {
    const headers = { origin, 'access-control-request-method': 'GET' };
    const answer = await call(`${service.url}/results`, { method: 'OPTIONS', headers });
    expect(answer.headers['access-control-allow-origin']).toBe(allowed);
  });
});

it('a cookie is Secure where a trusted proxy says that the request came over TLS', async () => {
  const body = { username: owner.username, password: owner.password };
  const headers = { ...fromAnAddress(), 'x-forwarded-proto': 'https' };
  const answer = await call(`${service.url}/auth/login`, { method: 'POST', headers, body });
  for (const cookie of answer.headers['set-cookie'] ?? []) expect(cookie).toContain('Secure');
});

it('no key, token or password is in the log', () => {
  for (const secret of [job.update_key, owner.token, owner.password, adminToken])
    expect(service.output()).not.toContain(secret);
});

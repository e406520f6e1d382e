import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Answer, call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { type RunningService, startService } from '../support/service.js';

/** The API reference, endpoint by endpoint: each request as it stands there, each answer to the key. */
describe('the API reference', () => {
  let database: TestDatabase;
  let service: RunningService;
  let token: string;
  let job: SubmittedJob;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService(database.url);
    ({ token } = await registerUser(service.url, 'ada'));
    job = await submit(service.url, token, { job_id: 'abc123-def456' });
  });

  afterAll(async () => {
    await service.end();
    await database.drop();
  });

  const get = (path: string) => call(service.url + path, { headers: { cookie: `access_token=${token}` } });
  const post = (path: string, body: object) => call(service.url + path, { method: 'POST', body });
  const worker = () => ({ simulation_id: 'abc123-def456', update_key: job.update_key });

  const depths = [0.0, 0.5, 1.0, 1.5];
  const page = (pageNumber: number, name: string) => ({
    page_number: pageNumber,
    name,
    data: { values: [0.0, 0.001, 0.015], dimensions: [depths], unit: 'Gy' },
  });
  const sent = [
    { name: 'Detector0', pages: [page(1, 'Z (Dose)'), page(2, 'Z (Fluence)'), page(3, 'Z'), page(5, 'Z')] },
    { name: 'Detector1', pages: [page(2, 'Z (Fluence)')] },
  ];

  describe('before anything is stored', () => {
    it.each([
      ['GET /results', '/results?job_id=abc123-def456', 'Results are unavailable'],
      ['GET /estimators', '/estimators?job_id=abc123-def456', 'Results are unavailable'],
      ['GET /logfiles', '/logfiles?job_id=abc123-def456', 'Logfiles are unavailable'],
    ])('%s is 404', async (_, path, message) => {
      expectAnswer(await get(path), 404, { message, status_code: 404 });
    });
  });

  it('POST /results takes the seed body and answers 202 with a message', async () => {
    expectAnswer(await post('/results', { ...worker(), estimators: sent }), 202, { message: 'Results saved' });
  });

  it.each([
    ['everything', '', sent],
    ['one estimator by its name', '&estimator_name=Detector0', [sent[0]]],
    [
      'a page of every estimator that has it',
      '&page_number=2',
      [
        { name: 'Detector0', pages: [page(2, 'Z (Fluence)')] },
        { name: 'Detector1', pages: [page(2, 'Z (Fluence)')] },
      ],
    ],
    ['the pages of a list', '&page_numbers=1-3,5', sent],
    [
      'pages of one estimator',
      '&estimator_name=Detector0&page_numbers=5,1-2,2',
      [{ name: 'Detector0', pages: [sent[0]?.pages[0], sent[0]?.pages[1], sent[0]?.pages[3]] }],
    ],
    ['only estimators with a selected page', '&page_numbers=5', [{ name: 'Detector0', pages: [page(5, 'Z')] }]],
    ['with a range as wide as there is', '&page_numbers=0-2147483647', sent],
    ['with parameters that nobody knows', '&colour=red&colour=blue', sent],
  ])('GET /results gives %s', async (_, parameters, estimators) => {
    const answer = await get(`/results?job_id=abc123-def456${parameters}`);
    expectAnswer(answer, 200, { message: 'Results', estimators });
    expect(Object.keys(answer.json())).toEqual(['message', 'estimators']);
  });

  it.each([
    ['an unknown estimator', '&estimator_name=Detector9', 'Estimator not found'],
    ['a page that no estimator has', '&page_number=4', 'Page not found'],
    ['a page that this estimator lacks', '&estimator_name=Detector1&page_numbers=1,3-9', 'Page not found'],
  ])('GET /results of %s is 404', async (_, parameters, message) => {
    expectAnswer(await get(`/results?job_id=abc123-def456${parameters}`), 404, { message, status_code: 404 });
  });

  it('GET /results takes a list of 1,000 ranges of large page numbers', async () => {
    const ranges = Array.from({ length: 999 }, (_, index) => `${2_000_000_000 + index}-${2_100_000_000 + index}`);
    const answer = await get(`/results?job_id=abc123-def456&page_numbers=${['5', ...ranges].join(',')}`);
    expectAnswer(answer, 200, { message: 'Results', estimators: [{ name: 'Detector0', pages: [page(5, 'Z')] }] });
  });

  it('GET /estimators gives names, page names and bins', async () => {
    const pages = (of: (typeof sent)[number]) =>
      of.pages.map(({ page_number, name }) => ({ page_number, name, dimensions: [3] }));
    expectAnswer(await get('/estimators?job_id=abc123-def456'), 200, {
      message: 'Estimators',
      estimators: sent.map((estimator) => ({ name: estimator.name, pages: pages(estimator) })),
    });
  });

  describe('GET /inputs', () => {
    it.each([
      ['editor', { project: { title: 'x', history: [] }, beam: { energy: 150.0, sigma: 1e-3 }, figureManager: {} }],
      ['files', { 'beam.dat': 'a\r\nb\t"c"\\', 'geo.dat': '', 'mat.dat': 'µ ☢ 😀', 'detect.dat': '\u0000' }],
    ])('gives the input of type %s unchanged', async (inputType, input) => {
      const { job_id } = await submit(service.url, token, { input_type: inputType, input });
      const answer = await get(`/inputs?job_id=${job_id}`);
      expectAnswer(answer, 200, { message: 'Inputs', input_type: inputType, input });
      expect(Object.keys(answer.json())).toEqual(['message', 'input_type', 'input']);
    });
  });

  it('POST /logfiles stores texts by name, and GET /logfiles gives them back', async () => {
    const logfiles = { task_1: 'SHIELD-HIT12A version 1.0.0\nStarting simulation...\n', task_2: '' };
    expectAnswer(await post('/logfiles', { ...worker(), logfiles }), 202, { message: 'Log files saved' });
    expectAnswer(await get('/logfiles?job_id=abc123-def456'), 200, { message: 'Logfiles', logfiles });
  });

  it('POST /tasks updates one task, and GET /tasks shows all of them', async () => {
    const update_dict = { task_state: 'COMPLETED', simulated_primaries: 1000, requested_primaries: 1000 };
    const answer = await post('/tasks', { ...worker(), task_id: 1, update_dict });
    expectAnswer(answer, 202, { message: 'Task updated' });
    const unknown = { estimated_time: null, start_time: null, end_time: null };
    const received = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string;
    expectAnswer(await get('/tasks?job_id=abc123-def456'), 200, {
      message: 'Tasks',
      job_state: 'COMPLETED',
      tasks: [
        { task_id: 1, ...update_dict, ...unknown, last_update_time: received },
        {
          task_id: 2,
          task_state: 'PENDING',
          requested_primaries: null,
          simulated_primaries: null,
          ...unknown,
          last_update_time: null,
        },
      ],
    });
  });

  it('POST /tasks/bulk and POST /jobs answer 202', async () => {
    const tasks = [{ task_id: 2, update_dict: { task_state: 'RUNNING' } }];
    expect((await post('/tasks/bulk', { ...worker(), tasks })).status).toBe(202);
    expect((await post('/jobs', { sim_id: job.sim_id, update_key: job.update_key, job_state: 'RUNNING' })).status).toBe(
      202,
    );
  });

  it('GET /simulations lists newest first, in parts', async () => {
    const first = (await get('/simulations?limit=2')).json();
    expect(Object.keys(first)).toEqual(['message', 'simulations', 'next_cursor']);
    const newest = first['simulations'] as Record<string, unknown>[];
    expect(newest.map(({ input_type }) => input_type)).toEqual(['files', 'editor']);
    const rest = (await get(`/simulations?limit=2&cursor=${String(first['next_cursor'])}`)).json();
    expect(rest).toEqual({
      message: expect.any(String) as string,
      simulations: [
        {
          job_id: 'abc123-def456',
          sim_id: job.sim_id,
          title: 'Proton beam in water',
          sim_type: 'shieldhit',
          input_type: 'files',
          job_state: 'COMPLETED',
          ntasks: 2,
          created_at: expect.stringMatching(/Z$/) as string,
          start_time: null,
          end_time: expect.stringMatching(/Z$/) as string,
        },
      ],
      next_cursor: null,
    });
  });

  it.each([
    ['COMPLETED', 1],
    ['PENDING', 2],
    ['PENDING,COMPLETED', 3],
    ['RUNNING,FAILED', 0],
  ])('GET /simulations?job_state=%s lists %i of them', async (states, count) => {
    expect((await get(`/simulations?job_state=${states}`)).json()['simulations']).toHaveLength(count);
  });

  it('GET /auth/status tells who is logged in', async () => {
    expectAnswer(await get('/auth/status'), 200, { message: 'User status', username: 'ada', source: 'yaptide' });
  });

  it('POST /auth/login answers 202 with both ends, and two cookies that scripts cannot read', async () => {
    const before = Date.now();
    const body = { username: 'ada', password: 'the password of ada' };
    const answer = await post('/auth/login', body);
    const { access_exp, refresh_exp, ...others } = answer.json();
    expect([answer.status, others]).toEqual([202, { message: 'Successfully logged in' }]);
    expect(Number(access_exp) - before).toBeGreaterThan(598_000);
    expect(Number(refresh_exp) - before).toBeLessThanOrEqual(7_201_000 + (Date.now() - before));
    const cookies = answer.headers['set-cookie'] ?? [];
    expect(cookies.map((cookie) => cookie.split('=', 1)[0])).toEqual(['access_token', 'refresh_token']);
    for (const cookie of cookies) expect(cookie).toMatch(/Path=\/; HttpOnly; SameSite=Lax$/);
  });

  it('a cookie is Secure where the request came over TLS through a trusted proxy only', async () => {
    const body = { username: 'ada', password: 'the password of ada' };
    const headers = { 'x-forwarded-proto': 'https' };
    const answer = await call(`${service.url}/auth/login`, { method: 'POST', body, headers });
    expect(answer.headers['set-cookie']?.join()).not.toContain('Secure');
  });

  it.each([
    ['/health/live', { message: 'Live' }],
    ['/health/ready', { message: 'Ready', checks: { database: 'up', migrations: 'applied' } }],
  ])('GET %s is open to all', async (path, body) => {
    expectAnswer(await call(service.url + path), 200, body);
  });

  it('endpoints of later issues are absent', async () => {
    for (const path of ['/jobs', '/dead-letters', '/admin']) {
      const answer = await get(path);
      expect([answer.status, Object.keys(answer.json()).sort()]).toEqual([404, ['message', 'status_code']]);
    }
  });
});

function expectAnswer(answer: Answer, status: number, body: unknown): void {
  expect([answer.status, answer.json()]).toEqual([status, body]);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
}

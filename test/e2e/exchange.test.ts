import { execFile, spawnSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { promisify } from 'node:util';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type Answer, call, registerUser, submit, type SubmittedJob } from '../support/client.js';
import { type RunningService, startService } from '../support/service.js';

let database: TestDatabase;
let service: RunningService;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  service = await startService(database.url);
  ({ token } = await registerUser(service.url, 'ada'));
});

afterAll(async () => {
  await service.end();
  await database.drop();
});

type Page = {
  page_number: number;
  name: string;
  data: { values: (number | null)[]; dimensions: number[][]; unit: string };
};
type Estimators = { name: string; pages: Page[] }[];

const newJob = (submission: object = {}) => submit(service.url, token, submission);
const get = (path: string, job: SubmittedJob, headers = {}) =>
  call(`${service.url}${path}?job_id=${job.job_id}`, { token, headers });

async function post(path: string, { job_id, update_key }: SubmittedJob, content: object): Promise<number> {
  const body = { simulation_id: job_id, update_key, ...content };
  return (await call(service.url + path, { method: 'POST', body })).status;
}

/** Posts results whose estimators are JSON text, as a simulator's worker may write it. */
async function postText({ job_id, update_key }: SubmittedJob, estimators: string): Promise<Answer> {
  const body = `{"simulation_id": "${job_id}", "update_key": "${update_key}", "estimators": ${estimators}}`;
  return call(`${service.url}/results`, { method: 'POST', body });
}

async function readEstimators(job: SubmittedJob): Promise<Estimators> {
  return (await get('/results', job)).json()['estimators'] as Estimators;
}

/** Doubles of every magnitude, the same at each run (a multiplicative congruential generator). */
function doubles(count: number): number[] {
  let state = 42;
  return Array.from({ length: count }, (_, index) => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 10 ** ((index % 600) - 300);
  });
}

function bitsOf(values: readonly (number | null)[]): Buffer {
  return Buffer.from(Float64Array.from(values as number[]).buffer);
}

const edges = (bins: number, width: number) => Array.from({ length: bins + 1 }, (_, index) => index * width);
const centres = (bins: number, width: number) => Array.from({ length: bins }, (_, index) => (index + 0.5) * width);

const MAP = { values: doubles(80 * 400), axes: [centres(80, 0.1), centres(400, 0.05)], unit: 'MeV/g' };
const CURVE = { values: doubles(400), axes: [edges(400, 0.05)], unit: '' };
const SCALAR = { values: [6.02214076e23], axes: [], unit: 'Gy' };
const CUBE = { values: doubles(4 * 5 * 6), axes: [centres(4, 1), centres(5, 1), centres(6, 1)], unit: '/cm²' };
const SCORED = [MAP, CURVE, CUBE, SCALAR];

const SHAPES: Record<
  'the API reference' | 'Python workers',
  (scored: (typeof SCORED)[number], page_number: number) => object
> = {
  'the API reference': ({ values, axes, unit }: (typeof SCORED)[number], page_number: number) => ({
    page_number,
    name: `page ${page_number}`,
    data: { values, dimensions: axes, unit },
  }),
  'Python workers': ({ values, axes, unit }: (typeof SCORED)[number], page_number: number) => ({
    dimensions: axes.length,
    metadata: {
      page_number: String(page_number),
      name: 'DOSE',
      dettyp: 'DOSE',
      'offset/norm': [0.0, 1.0],
      quantity: null,
    },
    data: { name: `page ${page_number}`, unit, values },
    ...Object.fromEntries(
      axes.map((axis, index) => [
        `axis_dim${index + 1}`,
        { name: `Position (${'XYZ'[index] ?? ''})`, unit: 'cm', values: axis },
      ]),
    ),
  }),
};

describe('round trips', () => {
  it.each(Object.entries(SHAPES))('real sizes in the shape of %s come back bit for bit', async (_, shape) => {
    const job = await newJob();
    const pages = SCORED.map(shape);
    const metadata = { file_counter: 1, nstat: 10_000, code_version: '1.0.0', 'zone start': [0] };
    expect(await post('/results', job, { estimators: [{ name: 'dose_', metadata, pages }] })).toBe(202);
    const [estimator] = await readEstimators(job);
    for (const [index, { values, axes, unit }] of SCORED.entries()) {
      const page = estimator?.pages[index] as Page;
      expect(bitsOf(page.data.values)).toEqual(bitsOf(values));
      expect(page.data.dimensions.map(bitsOf)).toEqual(axes.map(bitsOf));
      expect([page.page_number, page.name, page.data.unit]).toEqual([index, `page ${index}`, unit]);
    }
    const listed = (await get('/estimators', job)).json()['estimators'] as { pages: { dimensions: number[] }[] }[];
    expect(listed[0]?.pages.map(({ dimensions }) => dimensions)).toEqual([[80, 400], [400], [4, 5, 6], []]);
  });

  it('the text of numbers is kept as it was sent', async () => {
    const job = await newJob();
    const values =
      '1.50,-0.0,1E5,0.1000000000000000055511151231257827,4.9406564584124654e-324,1e-999,123456789012345678901234567890';
    const page = `{"page_number": 0, "name": "", "data": {"values": [ ${values.replaceAll(',', ' ,\n')} ], "dimensions": [[0,1,2,3,4,5,6]], "unit": ""}}`;
    expect((await postText(job, `[{"name": "D", "pages": [${page}]}]`)).status).toBe(202);
    expect((await get('/results', job)).bytes.toString()).toContain(`"values":[${values}]`);
  });

  it('NaN and infinities come back as null, and so does null', async () => {
    const job = await newJob();
    const page =
      '{"page_number": 0, "name": "n", "x": NaN, "data": {"values": [NaN, -Infinity, 1.5, Infinity, null], "dimensions": [[0, 1, NaN, 3, 4]], "unit": ""}}';
    expect((await postText(job, `[{"name": "D", "metadata": {"m": -Infinity}, "pages": [${page}]}]`)).status).toBe(202);
    const [estimator] = await readEstimators(job);
    expect(estimator?.pages[0]?.data).toEqual({
      values: [null, null, 1.5, null, null],
      dimensions: [[0, 1, null, 3, 4]],
      unit: '',
    });
  });

  it.each([
    [
      'data.name and data.unit',
      '"data":{"name":"a","unit":"u","values":[1]}',
      '{"page_number":7,"name":"b","unit":"v"}',
      'a',
      'u',
    ],
    [
      'the metadata where data has none',
      '"data":{"values":[1]}',
      '{"page_number":"7","name":"b","unit":"v"}',
      'b',
      'v',
    ],
    ['nothing where neither has', '"data":{"values":[1]}', '{"page_number":"7"}', '', ''],
  ])('name and unit of a worker’s page are those of %s', async (_, data, metadata, name, unit) => {
    const job = await newJob();
    await postText(job, `[{"name":"D","pages":[{"dimensions":0,"metadata":${metadata},${data}}]}]`);
    const [estimator] = await readEstimators(job);
    expect(estimator?.pages).toEqual([{ page_number: 7, name, data: { values: [1], dimensions: [], unit } }]);
  });

  it('names and texts of any script and length come back, a lone surrogate in a unit as U+FFFD', async () => {
    const job = await newJob();
    const name = `${'😀'.repeat(1_000)} "\\/\b\n µ ‮`;
    const unit = '\ud83d½\0';
    const page = { page_number: 2_147_483_647, name, data: { values: [0], dimensions: [[0]], unit } };
    expect(await post('/results', job, { estimators: [{ name, pages: [page] }] })).toBe(202);
    const path = `${service.url}/results?job_id=${job.job_id}&page_number=2147483647&estimator_name=${encodeURIComponent(name)}`;
    const [estimator] = (await call(path, { token })).json()['estimators'] as Estimators;
    expect(estimator).toEqual({ name, pages: [{ ...page, data: { ...page.data, unit: '\ufffd½\0' } }] });
  });

  it('both shapes may be mixed in one estimator, and pages come in ascending order', async () => {
    const job = await newJob();
    const pages = [SHAPES['Python workers'](SCALAR, 9), SHAPES['the API reference'](SCALAR, 3)];
    expect(
      await post('/results', job, {
        estimators: [
          { name: 'b', pages },
          { name: 'a', pages },
        ],
      }),
    ).toBe(202);
    const read = await readEstimators(job);
    expect(read.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(read[0]?.pages.map(({ page_number }) => page_number)).toEqual([3, 9]);
  });
});

const pageOf = (value: number, page_number = 1) => ({
  page_number,
  name: '',
  data: { values: [value], dimensions: [], unit: '' },
});
const results = (value: number, more: object = {}) => ({
  estimators: [{ name: 'D', pages: [pageOf(value)] }],
  partial: true,
  ...more,
});
const stateOf = async (job: SubmittedJob) => (await get('/tasks', job)).json()['job_state'];

describe('results are an upsert', () => {
  it.each<[string, object[], number]>([
    ['the last of two without a revision wins', [results(1), results(2)], 2],
    ['a newer revision replaces an older one', [results(1, { revision: 1 }), results(2, { revision: 2 })], 2],
    ['an older revision never replaces a newer one', [results(1, { revision: 5 }), results(2, { revision: 4 })], 1],
    ['at equal revisions the last wins', [results(1, { revision: 5 }), results(2, { revision: 5 })], 2],
    ['one without a revision replaces one with it', [results(1, { revision: 5 }), results(2)], 2],
    ['and the page has no revision then', [results(1, { revision: 5 }), results(2), results(3, { revision: 1 })], 3],
    ['null is no revision', [results(1, { revision: 5 }), results(2, { revision: null })], 2],
    ['revision 0 is one', [results(1, { revision: 1 }), results(2, { revision: 0 })], 1],
    [
      'the same content at a newer revision takes it',
      [results(1, { revision: 1 }), results(1, { revision: 3 }), results(2, { revision: 2 })],
      1,
    ],
  ])('%s', async (_, bodies, value) => {
    const job = await newJob();
    for (const body of bodies) expect(await post('/results', job, body)).toBe(202);
    expect((await readEstimators(job))[0]?.pages).toEqual([pageOf(value)]);
  });

  it('pages and estimators that a later body lacks stay', async () => {
    const job = await newJob();
    await post('/results', job, results(1));
    await post('/results', job, {
      partial: true,
      estimators: [
        { name: 'D', pages: [pageOf(2, 0)] },
        { name: 'C', pages: [pageOf(3)] },
      ],
    });
    expect(await readEstimators(job)).toEqual([
      { name: 'D', pages: [pageOf(2, 0), pageOf(1)] },
      { name: 'C', pages: [pageOf(3)] },
    ]);
  });

  it('the same body again changes nothing, not even the ETag', async () => {
    const job = await newJob();
    const read = async () => (await get('/results', job)).headers.etag;
    await post('/results', job, results(1));
    const tag = await read();
    await post('/results', job, results(1));
    expect(await read()).toBe(tag);
    await post('/results', job, results(2));
    expect(await read()).not.toBe(tag);
  });

  it.each<[string, object[], string]>([
    ['partial results leave the job running', [results(1)], 'RUNNING'],
    ['results without partial are final', [{ ...results(1), partial: undefined }], 'COMPLETED'],
    ['partial: false is final', [results(1, { partial: false })], 'COMPLETED'],
    ['an empty final body ends it', [results(1), { estimators: [] }], 'COMPLETED'],
    ['a final body that overtakes others waits for its pages', [{ estimators: [], pages_total: 1 }], 'PENDING'],
    ['and is final once they are there', [{ estimators: [], pages_total: 1 }, results(1)], 'COMPLETED'],
    ['a page again does not count twice', [{ estimators: [], pages_total: 2 }, results(1), results(2)], 'RUNNING'],
    ['partial results after the end leave it ended', [{ estimators: [] }, results(1)], 'COMPLETED'],
    ['pages_total of a partial body is without effect', [results(1, { pages_total: 1 })], 'RUNNING'],
  ])('%s', async (_, bodies, state) => {
    const job = await newJob();
    for (const body of bodies) expect(await post('/results', job, body)).toBe(202);
    expect(await stateOf(job)).toBe(state);
  });
});

describe('log files', () => {
  it('are kept by name, the last text wins, and task_id puts them under the task', async () => {
    const job = await newJob();
    await post('/logfiles', job, { logfiles: { stdout: 'first', stderr: '' } });
    await post('/logfiles', job, { task_id: 1, logfiles: { stdout: 'of one' } });
    await post('/logfiles', job, { task_id: 0, logfiles: { stdout: 'of zero\u0000\ud800' } });
    await post('/logfiles', job, { logfiles: { stdout: 'second' } });
    const logfiles = {
      stderr: '',
      stdout: 'second',
      'task_0/stdout': 'of zero\u0000\ufffd',
      'task_1/stdout': 'of one',
    };
    expect((await get('/logfiles', job)).json()).toEqual({ message: 'Logfiles', logfiles });
  });

  it('a text of 20 MiB comes back as it was', async () => {
    const job = await newJob();
    const stdout = 'event 1: Gy µ "quoted"\r\n'.repeat(850_000);
    expect(await post('/logfiles', job, { logfiles: { stdout } })).toBe(202);
    const { logfiles } = (await get('/logfiles', job)).json() as { logfiles: { stdout: string } };
    expect(logfiles.stdout === stdout).toBe(true);
  });
});

describe('tasks', () => {
  const updates = [
    {
      task_state: 'RUNNING',
      requested_primaries: 1000,
      start_time: '2026-11-24 10:00:00.5',
      estimated_time: 90.9,
      simulated_primaries: 100,
    },
    { task_state: 'RUNNING', simulated_primaries: 600, estimated_time: 40 },
    { task_state: 'COMPLETED', end_time: '2026-11-24T12:00:00+01:00', celery_id: 'x' },
    { task_state: 'RUNNING', simulated_primaries: 300, estimated_time: 5, start_time: '2026-11-24T10:00:01Z' },
    { task_state: null, start_time: null, estimated_time: null, simulated_primaries: null },
  ];
  const merged = {
    task_id: 1,
    task_state: 'COMPLETED',
    requested_primaries: 1000,
    simulated_primaries: 1000,
    estimated_time: 40,
    start_time: '2026-11-24T10:00:00.500Z',
    end_time: '2026-11-24T11:00:00.000Z',
    last_update_time: expect.stringMatching(/Z$/) as string,
  };

  it.each([
    ['in order', [0, 1, 2, 3, 4]],
    ['backwards', [4, 3, 2, 1, 0]],
    ['mixed up and twice', [2, 0, 3, 3, 1, 4, 0, 2]],
  ])('updates sent %s merge to the same', async (_, order) => {
    const job = await newJob({ ntasks: 1 });
    for (const index of order) expect(await post('/tasks', job, { task_id: 1, update_dict: updates[index] })).toBe(202);
    expect((await get('/tasks', job)).json()['tasks']).toEqual([merged]);
  });

  it('the same in bulk, in one body', async () => {
    const job = await newJob({ ntasks: 1 });
    const tasks = updates.map((update_dict) => ({ task_id: 1, update_dict }));
    expect(await post('/tasks/bulk', job, { tasks })).toBe(202);
    expect((await get('/tasks', job)).json()['tasks']).toEqual([merged]);
  });

  it('all at once over many connections', async () => {
    const job = await newJob({ ntasks: 1 });
    const all = [...updates, ...updates, ...updates].map((update_dict) =>
      post('/tasks', job, { task_id: 1, update_dict }),
    );
    expect(new Set(await Promise.all(all))).toEqual(new Set([202]));
    expect((await get('/tasks', job)).json()['tasks']).toEqual([merged]);
  });

  it.each(['NaN', '-5', '-0.5', 'Infinity', 'null'])('an estimated_time of %s counts as absent', async (seconds) => {
    const job = await newJob({ ntasks: 1 });
    const body = `{"simulation_id":${job.sim_id},"update_key":"${job.update_key}","task_id":1,"update_dict":{"estimated_time":${seconds}}}`;
    expect((await call(`${service.url}/tasks`, { method: 'POST', body })).status).toBe(202);
    const [task] = (await get('/tasks', job)).json()['tasks'] as { estimated_time: number | null }[];
    expect(task?.estimated_time).toBeNull();
  });

  it('are numbered from 1, or from 0 where a task 0 has reported', async () => {
    const job = await newJob({ ntasks: 3 });
    const ids = async () =>
      ((await get('/tasks', job)).json()['tasks'] as { task_id: number }[]).map(({ task_id }) => task_id);
    expect(await ids()).toEqual([1, 2, 3]);
    await post('/tasks', job, { task_id: 0, update_dict: {} });
    expect(await ids()).toEqual([0, 1, 2]);
    await post('/tasks', job, { task_id: 2_147_483_647, update_dict: {} });
    expect(await ids()).toEqual([0, 1, 2, 2_147_483_647]);
  });
});

describe('the state of a job', () => {
  type Step = readonly [path: string, content: object];
  const task = (task_id: number, task_state: string): Step => ['/tasks', { task_id, update_dict: { task_state } }];
  const report = (job_state: string): Step => ['/jobs', { job_state }];
  it.each<[string, Step[], string]>([
    ['PENDING at first', [], 'PENDING'],
    ['PENDING while all tasks are', [task(1, 'PENDING')], 'PENDING'],
    ['RUNNING once a task runs', [task(1, 'RUNNING')], 'RUNNING'],
    ['RUNNING while not all have ended', [task(1, 'COMPLETED')], 'RUNNING'],
    ['RUNNING where it was reported', [report('RUNNING')], 'RUNNING'],
    ['MERGING_QUEUED once all have ended, one completed', [task(1, 'COMPLETED'), task(2, 'FAILED')], 'MERGING_QUEUED'],
    ['FAILED once all have ended, none completed', [task(1, 'CANCELED'), task(2, 'FAILED')], 'FAILED'],
    ['FAILED where it was reported', [task(1, 'RUNNING'), report('FAILED')], 'FAILED'],
    ['MERGING_RUNNING where it was reported', [report('MERGING_RUNNING'), report('MERGING_QUEUED')], 'MERGING_RUNNING'],
    ['CANCELED before FAILED', [report('FAILED'), report('CANCELED')], 'CANCELED'],
    ['COMPLETED before all', [report('CANCELED'), ['/results', { estimators: [] }]], 'COMPLETED'],
    [
      'as before where an unknown state was reported',
      [task(1, 'RUNNING'), report('COMPLETED'), report('whatever')],
      'RUNNING',
    ],
  ])('is %s', async (_, steps, state) => {
    const job = await newJob();
    for (const [path, content] of steps) expect(await post(path, job, content)).toBe(202);
    expect(await stateOf(job)).toBe(state);
  });

  it('is CANCELED once its owner asked for it, and the ETag of GET /tasks tells', async () => {
    const job = await newJob();
    const { etag } = (await get('/tasks', job)).headers;
    const path = `${service.url}/simulations/cancel?job_id=${job.job_id}`;
    expect((await call(path, { method: 'POST', token })).status).toBe(202);
    const answer = await get('/tasks', job, { 'if-none-match': etag });
    expect([answer.status, answer.json()['job_state']]).toEqual([200, 'CANCELED']);
  });

  it('a report keeps its log', async () => {
    const job = await newJob();
    await post('/jobs', job, {
      job_state: 'FAILED',
      log: { 'collect.err': 'out of memory' },
      end_time: '2026-11-24 10:00:00',
      job_dir: '/x',
    });
    expect((await get('/logfiles', job)).json()['logfiles']).toEqual({ 'collect.err': 'out of memory' });
  });
});

describe('compressed requests', () => {
  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('%s is inflated', async (encoding, compress) => {
    const job = await newJob();
    const estimators = [{ name: 'D', pages: SCORED.map(SHAPES['the API reference']) }];
    const body = compress(JSON.stringify({ simulation_id: job.job_id, update_key: job.update_key, estimators }));
    const headers = { 'content-encoding': encoding };
    expect((await call(`${service.url}/results`, { method: 'POST', body, headers })).status).toBe(202);
    expect(await readEstimators(job)).toEqual(estimators);
  });
});

describe('reading', () => {
  let job: SubmittedJob;
  beforeAll(async () => {
    job = await newJob({ input: { 'beam.dat': 'JPART0 2\n'.repeat(1_000) } });
    await post('/results', job, { estimators: [{ name: 'D', pages: SCORED.map(SHAPES['the API reference']) }] });
    await post('/logfiles', job, { logfiles: { stdout: 'event\n'.repeat(10_000) } });
    await post('/tasks', job, { task_id: 1, update_dict: { task_state: 'COMPLETED' } });
  });
  const READS = ['/results', '/estimators', '/inputs', '/logfiles', '/tasks'];
  const DECODERS = { gzip: gunzipSync, deflate: inflateSync };
  // Proves that another client reads our bodies; CI has it, and a machine without curl is no reason to fail.
  const curl = spawnSync('curl', ['--version']).status === 0 ? it : it.skip;

  describe.each(READS)('GET %s', (path) => {
    it('gives the same bytes as identity, gzip and deflate, each under a strong ETag of its own', async () => {
      const plain = await get(path, job);
      expect(plain.headers['content-encoding']).toBeUndefined();
      const tags = new Set([plain.headers.etag]);
      for (const [encoding, decode] of Object.entries(DECODERS)) {
        const answer = await get(path, job, { 'accept-encoding': encoding });
        const { etag, vary } = answer.headers;
        expect([answer.headers['content-encoding'], vary?.toLowerCase()]).toEqual([
          encoding,
          expect.stringContaining('accept-encoding'),
        ]);
        expect(answer.headers['content-length']).toBe(String(answer.bytes.length));
        expect(decode(answer.bytes).equals(plain.bytes)).toBe(true);
        tags.add(etag);
      }
      expect([...tags].filter((tag) => /^"[^"]+"$/.test(tag ?? ''))).toHaveLength(3);
      expect(plain.headers['cache-control']).toBe('private, no-cache');
    });

    curl('is read by curl --compressed', async () => {
      const url = `${service.url}${path}?job_id=${job.job_id}`;
      const bearer = `Authorization: Bearer ${token}`;
      const { stdout } = await promisify(execFile)('curl', ['-sS', '--compressed', '-H', bearer, url], {
        encoding: 'buffer',
        maxBuffer: 2 ** 26,
      });
      expect(stdout.equals((await get(path, job)).bytes)).toBe(true);
    });

    it.each([
      ['the tag', (tag: string) => tag],
      ['the tag weakened', (tag: string) => `W/${tag}`],
      ['the tag in a list', (tag: string) => `"a", W/"b",${tag} , "c"`],
      ['*', () => '*'],
    ])('is 304 where If-None-Match is %s', async (_, condition) => {
      const tag = String((await get(path, job)).headers.etag);
      const answer = await get(path, job, { 'if-none-match': condition(tag) });
      expect([answer.status, answer.bytes.length, answer.headers.etag]).toEqual([304, 0, tag]);
      expect(answer.headers['cache-control']).toBe('private, no-cache');
    });

    it('is 200 where If-None-Match names the tag of another encoding, or none', async () => {
      const tag = String((await get(path, job, { 'accept-encoding': 'gzip' })).headers.etag);
      for (const other of [tag, '"a"', tag.slice(1, -1), 'W/*'])
        expect((await get(path, job, { 'if-none-match': other })).status).toBe(200);
    });

    it('HEAD tells the same headers without a body', async () => {
      const url = `${service.url}${path}?job_id=${job.job_id}`;
      for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
        const [body, head] = [await call(url, { token, headers }), await call(url, { method: 'HEAD', token, headers })];
        const told = ({ headers: all }: Answer) => [
          all['content-length'],
          all['content-type'],
          all['content-encoding'],
          all.etag,
        ];
        expect([head.status, head.bytes.length, told(head)]).toEqual([200, 0, told(body)]);
      }
    });
  });

  it.each([
    ['gzip, deflate, br', 'gzip'],
    ['deflate, gzip', 'gzip'],
    ['gzip;q=0, deflate', 'deflate'],
    ['br', undefined],
    ['*', 'gzip'],
    ['identity', undefined],
  ])('Accept-Encoding: %s is answered with %s', async (accepted, encoding) => {
    expect((await get('/results', job, { 'accept-encoding': accepted })).headers['content-encoding']).toBe(encoding);
  });

  it('two selections of the same results have two tags', async () => {
    const tagOf = async (more: string) =>
      (await call(`${service.url}/results?job_id=${job.job_id}${more}`, { token })).headers.etag;
    const tags = await Promise.all(['', '&page_number=1', '&page_numbers=1-2', '&page_number=2'].map(tagOf));
    expect(new Set(tags).size).toBe(4);
  });

  it('one connection serves request after request, also behind a refusal', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const send = (path: string) =>
      new Promise<[number | undefined, boolean]>((resolve, reject) => {
        const outgoing = request(
          service.url + path,
          { agent, headers: { authorization: `Bearer ${token}` } },
          (answer) => {
            answer.resume().once('end', () => resolve([answer.statusCode, outgoing.reusedSocket]));
          },
        );
        outgoing.once('error', reject).end();
      });
    const paths = [`/results?job_id=${job.job_id}`, '/results', `/estimators?job_id=${job.job_id}`];
    const answers: unknown[] = [];
    for (const path of paths) answers.push(await send(path));
    expect(answers).toEqual([
      [200, false],
      [400, true],
      [200, true],
    ]);
    agent.destroy();
  });
});

describe('processes', () => {
  it('two instances on one database see each other’s writes', async () => {
    const other = await startService(database.url);
    try {
      const job = await newJob();
      const write = (url: string, value: number) =>
        call(`${url}/results`, {
          method: 'POST',
          body: { simulation_id: job.job_id, update_key: job.update_key, ...results(value) },
        });
      expect((await write(other.url, 1)).status).toBe(202);
      expect((await readEstimators(job))[0]?.pages).toEqual([pageOf(1)]);
      const writes = Array.from({ length: 20 }, (_, index) => write(index % 2 === 0 ? service.url : other.url, index));
      expect(new Set((await Promise.all(writes)).map(({ status }) => status))).toEqual(new Set([202]));
      const [here, there] = [
        await get('/results', job),
        await call(`${other.url}/results?job_id=${job.job_id}`, { token }),
      ];
      expect(there.bytes).toEqual(here.bytes);
      expect(there.headers.etag).toBe(here.headers.etag);
    } finally {
      expect(await other.end()).toBe(0);
    }
  });

  it('kill -9 and a new start keep everything: data, tags, tokens and keys', async () => {
    const job = await newJob();
    const first = await startService(database.url);
    const body = { simulation_id: job.job_id, update_key: job.update_key, ...results(7) };
    expect((await call(`${first.url}/results`, { method: 'POST', body })).status).toBe(202);
    const read = (url: string) => call(`${url}/results?job_id=${job.job_id}`, { token });
    const before = await read(first.url);
    expect(await first.end('SIGKILL')).toBeNull();
    const second = await startService(database.url);
    const after = await read(second.url);
    expect([after.headers.etag, after.bytes]).toEqual([before.headers.etag, before.bytes]);
    expect((await call(`${second.url}/results`, { method: 'POST', body })).status).toBe(202);
    expect(await second.end('SIGINT')).toBe(0);
  });
});

import { randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { RemoteOptions } from '../command-line.js';
import { dataSets, type DataSetName, type Dialect, estimatorsText, resultsBody } from '../data/data-set.js';
import type { Sample } from '../measure.js';
import { type CaseReport, type Check, type SubjectReport, subjectReport } from '../report/case-report.js';
import { quantile } from '../report/spread.js';
import { processorMs } from '../world/processor-time.js';
import { json, type RemoteAnswer, type RemoteCall, RemoteClient } from './remote-client.js';

/** The simulation that is written and read. */
interface RemoteJob {
  readonly job_id: string;
  readonly simulation_id: string | number;
  readonly update_key: string;
}

/** Measures a running server from outside: it uploads a data set, and reads it back in both encodings. */
export async function measureRemote(options: RemoteOptions): Promise<CaseReport> {
  const dialect: Dialect = options.url.endsWith('/yaptide') ? 'yaptide' : 'root';
  const client = new RemoteClient(options.url);
  try {
    const set = dataSets(false)[options.set as DataSetName];
    await enter(client, options);
    const job = await obtainJob(client, options, dialect);
    const upload = { method: 'POST', body: resultsBody(workerOf(job), estimatorsText(set, 1, dialect)) } as const;
    const subjects = [await repeated('POST /results', 1, options.pid, 202, () => client.call('/results', upload))];
    const { reports, checks } = await readBack(client, options, dialect, job);
    const title = `${options.url}, data set ${set.name}, as a client sees it`;
    return {
      name: 'remote',
      title,
      subjects: [...subjects, ...reports],
      findings: [],
      checks,
      leftOut: leftOut(options),
    };
  } finally {
    client.close();
  }
}

function leftOut({ pid }: RemoteOptions): string[] {
  return pid === undefined ? ['CPU of the server (--pid)'] : [];
}

/** Logs in as the user that is named, or as a fresh one. */
async function enter(client: RemoteClient, { user, password }: RemoteOptions): Promise<void> {
  const credentials = {
    username: user ?? `bench-${randomBytes(6).toString('hex')}`,
    password: password ?? randomBytes(12).toString('hex'),
  };
  if (user === undefined) await expecting(client.call('/auth/register', { method: 'PUT', body: [json(credentials)] }));
  await client.logIn(credentials.username, credentials.password);
}

/** Submission stands at the root, whichever dialect is spoken. */
async function obtainJob(client: RemoteClient, options: RemoteOptions, dialect: Dialect): Promise<RemoteJob> {
  const { simulation, updateKey, job } = options;
  if (simulation !== undefined && updateKey !== undefined) {
    const id = /^\d+$/.test(simulation) ? Number(simulation) : simulation;
    return { job_id: job ?? simulation, simulation_id: id, update_key: updateKey };
  }
  const submission = {
    title: 'bench',
    sim_type: 'shieldhit',
    input_type: 'files',
    input: { 'beam.dat': '' },
    ntasks: 1,
  };
  const url = `${options.url.replace(/\/yaptide$/, '')}/simulations`;
  const answer = await expecting(client.call(url, { method: 'POST', body: [json(submission)] }));
  const submitted = JSON.parse(answer.body.toString('utf8')) as { job_id: string; sim_id: number; update_key: string };
  const { job_id, sim_id, update_key } = submitted;
  return { job_id, simulation_id: dialect === 'root' ? job_id : sim_id, update_key };
}

function workerOf({ simulation_id, update_key }: RemoteJob): { simulation_id: string | number; update_key: string } {
  return { simulation_id, update_key };
}

async function readBack(
  client: RemoteClient,
  { requests, pid }: RemoteOptions,
  dialect: Dialect,
  { job_id: job }: RemoteJob,
): Promise<{ reports: SubjectReport[]; checks: Check[] }> {
  const results = `/results?job_id=${encodeURIComponent(job)}`;
  const gzip = { headers: { 'accept-encoding': 'gzip' } };
  const packed = await expecting(client.call(results, gzip));
  const plain = await expecting(client.call(results));
  const reading = (name: string, path: string, call: RemoteCall, status = 200) =>
    repeated(name, requests, pid, status, () => client.call(path, call));
  const reports = [
    await reading('GET /results, gzip', results, gzip),
    await reading('GET /results, identity', results, {}),
    await reading('GET /estimators', results.replace('results', 'estimators'), gzip),
    await reading('GET tasks', results.replace('results', dialect === 'root' ? 'tasks' : 'jobs'), gzip),
  ];
  const { etag } = packed.headers;
  if (etag !== undefined) {
    const unchanged = { headers: { ...gzip.headers, 'if-none-match': etag } };
    reports.push(await reading('GET /results, unchanged', results, unchanged, 304));
  }
  const decoded = packed.headers['content-encoding'] === 'gzip' ? gunzipSync(packed.body) : packed.body;
  return { reports, checks: [{ what: 'the same bytes in gzip and identity', holds: decoded.equals(plain.body) }] };
}

/** One request after the other. */
async function repeated(
  name: string,
  requests: number,
  pid: number | undefined,
  status: number,
  call: () => Promise<RemoteAnswer>,
): Promise<SubjectReport> {
  const latencies: number[] = [];
  let bodyBytes = 0;
  const processorBefore = pid === undefined ? NaN : processorMs(pid);
  const since = performance.now();
  for (let number = 0; number < requests; number++) {
    const start = performance.now();
    const answer = await expecting(call(), status);
    latencies.push(performance.now() - start);
    bodyBytes = answer.body.length;
  }
  const serverMs = pid === undefined ? NaN : (processorMs(pid) - processorBefore) / requests;
  const perSecond = requests / ((performance.now() - since) / 1000);
  const times = { p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
  return subjectReport(name, [{ ...UNKNOWN, ...times, requests, bodyBytes, perSecond, serverMs }]);
}

/** What can't be seen from outside. */
const UNKNOWN = {
  ...{ serverMs: NaN, databaseMs: NaN, residentGrowthMiB: NaN, loopP99Ms: NaN, loopLongestMs: NaN },
} satisfies Partial<Sample>;

/** Throws with the answer where it is another than was expected, or any refusal. */
async function expecting(call: Promise<RemoteAnswer>, status?: number): Promise<RemoteAnswer> {
  const answer = await call;
  const isRight = status === undefined ? answer.status < 300 : answer.status === status;
  if (!isRight) throw new Error(`answered ${answer.status}: ${answer.body.subarray(0, 500).toString('utf8')}`);
  return answer;
}

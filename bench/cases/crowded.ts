import { headerOf } from '../client/http-connection.js';
import { reader } from '../client/load-slices.js';
import { get, post, type RequestOptions } from '../client/request-bytes.js';
import type { WorkerKey } from '../client/session.js';
import { interleaved, measuredLoad, type Subject } from '../measure.js';
import { type Check, type Finding, finding, subjectReport } from '../report/case-report.js';
import { processorRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene, Stage } from '../scene.js';
import { addCrowd, settleTables } from './crowd.js';
import { buffersOf, type TouchedBuffers } from './explained-buffers.js';
import { sameAnswers } from './same-answers.js';
import { reportTasks, taskBody } from './task-bodies.js';
import { uploader } from './upload-slices.js';

const CROWD_PAGES = 1_000_000;
const CONNECTIONS = 4;
const TASKS = 100;
const UPLOADS = 20;

export const CROWDED: BenchCase = {
  name: 'crowded',
  title: 'The same reads and writes with 1,000,000 pages of other simulations in the tables, and with none',
  run: runCrowded,
};

/** One of the two databases. */
interface Side extends Stage {
  readonly worker: WorkerKey;
  readonly ifNoneMatch: string;
  /** Counts the updates. */
  readonly next: () => number;
}

async function runCrowded(scene: Scene): Promise<Outcome> {
  const [alone, crowded] = [await prepare(scene, 0), await prepare(scene, scale(scene))];
  const checks: Check[] = [
    ...(await sameAnswers(alone.session, [pathOf(alone)])),
    ...(await sameAnswers(crowded.session, [pathOf(crowded)])),
  ];
  // Before anything is written often, since rows that were changed leave others behind that are looked at too.
  const findings = await bufferFindings(alone, crowded);
  const empty = reader(scene, alone, 'empty', { path: '/bench/empty', connections: CONNECTIONS });
  const samples = await interleaved(
    [empty, ...subjectsOf(scene, 'alone', alone), ...subjectsOf(scene, 'crowded', crowded)],
    scene.scale.rounds,
  );
  for (const what of [...READS, 'POST /tasks', 'POST /results']) {
    const ratios = processorRatios(samples, [`${what}, crowded`, `${what}, alone`], 'server and database', 'empty');
    findings.push(finding('crowded', `${what}, crowded / alone`, '×', ratios));
  }
  for (const { server } of [alone, crowded]) await scene.world.stopServer(server);
  return { subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)), findings, checks };
}

function scale({ scale: { quick } }: Scene): number {
  return quick ? CROWD_PAGES / 500 : CROWD_PAGES;
}

async function prepare(scene: Scene, crowdPages: number): Promise<Side> {
  const stage = await scene.freshStage();
  if (crowdPages > 0) await addCrowd(stage.databaseUrl, crowdPages);
  const worker = await stage.session.submitWithResults(scene.content('A'));
  await reportTasks(stage.session, worker, TASKS);
  await settleTables(stage.databaseUrl);
  const answer = await stage.session.read(`/results?job_id=${worker.simulation_id}`, { encoding: 'gzip' });
  let updates = 1_000_000;
  return { ...stage, worker, ifNoneMatch: headerOf(answer, 'etag') ?? '', next: () => ++updates };
}

const READS = ['GET /results', '304', 'GET /tasks', 'GET /estimators'] as const;

function pathOf({ worker }: Side, route = 'results'): string {
  return `/${route}?job_id=${worker.simulation_id}`;
}

function readingOf(
  side: Side,
  what: (typeof READS)[number],
): RequestOptions & { readonly path: string; readonly status: number } {
  if (what === '304') return { path: pathOf(side), encoding: 'gzip', ifNoneMatch: side.ifNoneMatch, status: 304 };
  return { path: pathOf(side, what.slice('GET /'.length)), encoding: 'gzip', status: 200 };
}

function subjectsOf(scene: Scene, sideName: string, side: Side): Subject[] {
  const { world, scale: timing } = scene;
  const updating = () =>
    measuredLoad(side.server, world.postmaster, {
      ...{ connections: CONNECTIONS, seconds: timing.seconds, leastRequests: timing.leastRequests, status: 202 },
      request: (number) => post('/tasks', [taskBody(side.worker, 1 + (number % TASKS), side.next())]),
    });
  return [
    ...READS.map((what) =>
      reader(scene, side, `${what}, ${sideName}`, { ...readingOf(side, what), connections: CONNECTIONS }),
    ),
    { name: `POST /tasks, ${sideName}`, slice: updating },
    uploader(scene, side, `POST /results, ${sideName}`, {
      ...{ path: '/results', content: scene.content('A'), uploads: timing.quick ? 2 : UPLOADS },
    }),
  ];
}

/**
 * By how many buffers the statements behind one request touch more, the crowd being there, and how many of these are not the
 * levels of B-trees that searches go down.
 */
async function bufferFindings(alone: Side, crowded: Side): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const what of [...READS, 'POST /tasks'] as const) {
    const few = await buffersBehind(alone, what);
    const many = await buffersBehind(crowded, what);
    const more = many.all - few.all;
    findings.push(finding('crowded', `${what}, buffers alone`, 'buffers', [few.all]));
    findings.push(finding('crowded', `${what}, more buffers than alone`, 'buffers', [more]));
    const beside = more - (many.descents - few.descents);
    findings.push(
      finding('crowded', `${what}, more buffers than alone, beside levels of B-trees`, 'buffers', [beside]),
    );
  }
  return findings;
}

async function buffersBehind(side: Side, what: (typeof READS)[number] | 'POST /tasks'): Promise<TouchedBuffers> {
  const token = await side.session.token();
  const statements = await side.server.statementsOf(async () => {
    if (what === 'POST /tasks')
      return side.session.exchange(post('/tasks', [taskBody(side.worker, 1, side.next())]), 202);
    const { path, status, ...options } = readingOf(side, what);
    return side.session.exchange(get(path, { ...options, token }), status);
  });
  return buffersOf(side.databaseUrl, statements);
}

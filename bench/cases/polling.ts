import { gzipSync } from 'node:zlib';
import { headerOf } from '../client/http-connection.js';
import { reader } from '../client/load-slices.js';
import type { Session } from '../client/session.js';
import { interleaved, type Samples } from '../measure.js';
import { type Finding, finding, subjectReport } from '../report/case-report.js';
import { processorRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene, Stage } from '../scene.js';
import { querying } from '../world/bench-world.js';
import { sameAnswers } from './same-answers.js';
import { reportTasks } from './task-bodies.js';

const CONNECTIONS = 8;
const TASKS = 100;

export const POLLING: BenchCase = {
  name: 'polling',
  title: `What browsers ask all the time: unchanged results, GET /tasks (${TASKS} tasks), GET /estimators`,
  run: runPolling,
};

async function runPolling(scene: Scene): Promise<Outcome> {
  const stage = await scene.stage();
  const { session } = stage;
  const worker = await session.submitWithResults(scene.content('A'));
  await reportTasks(session, worker, TASKS);
  const job = worker.simulation_id;
  const results = `/results?job_id=${job}`;
  await putReadyMade(stage, job, ['tasks', 'estimators']);
  const checks = [
    ...(await sameAnswers(session, [`/tasks?job_id=${job}`, readyMade(job, 'tasks')])),
    ...(await sameAnswers(session, [`/estimators?job_id=${job}`, readyMade(job, 'estimators')])),
  ];
  const ifNoneMatch = await tagOf(session, results);
  const small = { connections: CONNECTIONS };
  const gzip = { ...small, encoding: 'gzip' as const };
  const samples = await interleaved(
    [
      reader(scene, stage, 'empty', { path: '/bench/empty', ...small }),
      reader(scene, stage, '304', { path: results, ...gzip, ifNoneMatch, status: 304 }),
      reader(scene, stage, 'one indexed query', { path: `/bench/one-query?job_id=${job}`, ...small }),
      ...(['tasks', 'estimators'] as const).flatMap((kind) => [
        reader(scene, stage, `${kind}, identity`, { path: `/${kind}?job_id=${job}`, ...small }),
        reader(scene, stage, `ready-made ${kind}, identity`, { path: readyMade(job, kind), ...small }),
        reader(scene, stage, `${kind}, gzip`, { path: `/${kind}?job_id=${job}`, ...gzip }),
        reader(scene, stage, `ready-made ${kind}, gzip`, { path: readyMade(job, kind), ...gzip }),
        reader(scene, stage, `ready-made ${kind}, packed before`, {
          path: `${readyMade(job, kind)}&packed=1`,
          ...gzip,
        }),
      ]),
    ],
    scene.scale.rounds,
  );
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings: findingsOf(samples),
    checks,
  };
}

function findingsOf(samples: Samples): Finding[] {
  const pairs = [
    ['304 / one indexed query', '304', 'one indexed query'],
    ...['tasks', 'estimators'].flatMap((kind) =>
      ['identity', 'gzip'].map(
        (encoding) =>
          [`${kind} / ready-made, ${encoding}`, `${kind}, ${encoding}`, `ready-made ${kind}, ${encoding}`] as const,
      ),
    ),
    ...['tasks', 'estimators'].map(
      (kind) => [`${kind} / packed before, gzip`, `${kind}, gzip`, `ready-made ${kind}, packed before`] as const,
    ),
  ] as const;
  return pairs.flatMap(([figure, ours, yardstick]) => {
    const pair = [ours, yardstick] as const;
    return [
      finding('polling', figure, '×', processorRatios(samples, pair, 'server', 'empty')),
      finding('polling', `${figure}, as they are`, '×', processorRatios(samples, pair, 'server')),
      finding(
        'polling',
        `${figure}, with the database`,
        '×',
        processorRatios(samples, pair, 'server and database', 'empty'),
      ),
    ];
  });
}

function readyMade(job: string, kind: string): string {
  return `/bench/ready-made?job_id=${job}&kind=${kind}`;
}

async function tagOf(session: Session, path: string): Promise<string> {
  return headerOf(await session.read(path, { encoding: 'gzip' }), 'etag') ?? '';
}

/** Puts answers of the service where the yardstick fetches them. */
async function putReadyMade({ session, databaseUrl }: Stage, job: string, kinds: readonly string[]): Promise<void> {
  for (const kind of kinds) {
    const { body } = await session.read(`/${kind}?job_id=${job}`);
    await querying(databaseUrl, (client) =>
      client.query(`INSERT INTO bench.ready_made VALUES ($1, $2, 'identity', $3), ($1, $2, 'gzip', $4)`, [
        ...[job, kind, body, gzipSync(body)],
      ]),
    );
  }
}

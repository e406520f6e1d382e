import { setTimeout as delay } from 'node:timers/promises';
import { latenciesDuring } from '../client/steady-readers.js';
import { get, post } from '../client/request-bytes.js';
import type { WorkerKey } from '../client/session.js';
import { resultsBody } from '../data/data-set.js';
import { type Check, finding } from '../report/case-report.js';
import { quantile } from '../report/spread.js';
import type { BenchCase, Outcome, Scene, Stage } from '../scene.js';
import { ResidentWatch } from '../world/resident-watch.js';
import { servedAsSent } from './stored-as-sent.js';

/** Reads that are not counted: in a fresh process the first ones take longest. */
const LEAD_IN_MS = 2_000;
const BEFORE_MS = 8_000;
/** Of a round, one behind the other: some 100 reads come during one, of which the 99th percentile would be one of the slowest two. */
const POSTS = 5;
const READING = { connections: 2, pauseMs: 20 } as const;

export const POST_X: BenchCase = {
  name: 'post-X',
  title: 'POST /results, 10 × 5 pages × 100,000 values, while others read 4 × 4 pages × 400',
  run: runPost,
};

interface Round {
  readonly growth: number;
  readonly p99Ratio: number;
  readonly postSeconds: number;
  readonly worker: WorkerKey;
}

async function runPost(scene: Scene): Promise<Outcome> {
  const first = await scene.freshStage();
  const { simulation_id: job } = await first.session.submitWithResults(scene.content('A'));
  const rounds: Round[] = [];
  const checks: Check[] = [];
  await scene.world.stopServer(first.server);
  for (let round = 0; round < scene.scale.rounds; round++) {
    const server = await scene.world.startService(first.databaseUrl);
    const stage = { ...first, server, session: first.session.at(server.url) };
    rounds.push(await oneRound(scene, stage, job));
    const { worker } = rounds.at(-1) as Round;
    if (round === 0) checks.push(await servedAsSent(stage.session, worker, scene.content('X')));
    await scene.world.stopServer(server);
  }
  return {
    subjects: [],
    findings: [
      finding(
        'post-X',
        'growth of the resident set',
        'MiB',
        rounds.map(({ growth }) => growth),
      ),
      finding(
        'post-X',
        "readers' p99 meanwhile / before",
        '×',
        rounds.map(({ p99Ratio }) => p99Ratio),
      ),
      finding(
        'post-X',
        'time of the POST',
        's',
        rounds.map(({ postSeconds }) => postSeconds),
      ),
    ],
    checks,
  };
}

/** In a fresh process; its growth counts from before the readers came. */
async function oneRound(scene: Scene, { server, session }: Stage, job: string): Promise<Round> {
  const request = get(`/results?job_id=${job}`, { token: await session.token(), encoding: 'gzip' });
  const reading = { ...READING, url: server.url, request };
  await server.settle();
  const resident = new ResidentWatch(server.pid);
  await latenciesDuring(reading, () => delay(scene.scale.quick ? 100 : LEAD_IN_MS));
  const before = await latenciesDuring(reading, () => delay(scene.scale.quick ? 300 : BEFORE_MS));
  const workers: WorkerKey[] = [];
  for (let count = 0; count < (scene.scale.quick ? 1 : POSTS); count++) workers.push(await session.submit());
  let postSeconds = 0;
  const meanwhile = await latenciesDuring(reading, async () => {
    const since = performance.now();
    for (const worker of workers)
      await session.exchange(post('/results', resultsBody(worker, scene.content('X'))), 202);
    postSeconds = (performance.now() - since) / 1000 / workers.length;
  });
  const p99Ratio = quantile(meanwhile, 0.99) / quantile(before, 0.99);
  return { growth: resident.growth(), p99Ratio, postSeconds, worker: workers[0] as WorkerKey };
}

import { reader } from '../client/load-slices.js';
import { get } from '../client/request-bytes.js';
import { interleaved, measuredLoad } from '../measure.js';
import { finding, subjectReport } from '../report/case-report.js';
import { processorRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';

const CONNECTIONS = 8;

interface Way {
  /** Behind the names of subjects. */
  readonly name: string;
  readonly figure: string;
  readonly isAwake?: boolean;
  readonly pauseMs?: number;
}

/**
 * The bare route answers so fast that its client never finds the time to sleep; ours gives it some, and then each answer has to wake
 * it, which on a virtual machine costs the server half as much again as the answer. The other ways treat both alike: a client that never
 * sleeps, and one that always does.
 */
const WAYS: readonly Way[] = [
  { name: '', figure: 'empty endpoint / bare Fastify route' },
  { name: ', client awake', figure: 'the same, with a client that never sleeps', isAwake: true },
  { name: ', paced', figure: 'the same, both asked equally often', pauseMs: 2 },
];

export const EMPTY: BenchCase = {
  name: 'empty',
  title: 'The empty authenticated endpoint, from which the others are counted',
  run: runEmpty,
};

async function runEmpty(scene: Scene): Promise<Outcome> {
  const { world, scale } = scene;
  const stage = await scene.stage();
  const bare = await world.startBareFastify();
  const { seconds, leastRequests } = scale;
  const bareLoad = { connections: CONNECTIONS, seconds, leastRequests, status: 200, request: () => get('/') };
  const subjects = WAYS.flatMap(({ name, figure: _figure, ...way }) => [
    reader(scene, stage, `empty${name}`, { path: '/bench/empty', connections: CONNECTIONS, ...way }),
    { name: `bare Fastify${name}`, slice: () => measuredLoad(bare, world.postmaster, { ...bareLoad, ...way }) },
  ]);
  const { body } = await stage.session.read('/bench/empty');
  const samples = await interleaved(subjects, scale.rounds);
  await world.stopServer(bare);
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings: WAYS.map(({ name, figure }) =>
      finding('empty', figure, '×', processorRatios(samples, [`empty${name}`, `bare Fastify${name}`], 'server')),
    ),
    checks: [{ what: 'both answer the same', holds: body.toString('utf8') === '{"message":"OK"}' }],
  };
}

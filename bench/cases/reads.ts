import { reader } from '../client/load-slices.js';
import type { DataSetName } from '../data/data-set.js';
import { interleaved } from '../measure.js';
import { finding, subjectReport } from '../report/case-report.js';
import { processorRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';
import { sameAnswers } from './same-answers.js';

const TITLES = {
  A: 'GET /results, 4 × 4 pages × 400 values',
  B: 'GET /results, 4 × 4 pages × 100 × 100 values',
  C: 'GET /results, one page of 400,000 values',
  W: 'GET /results, 20 × 50 pages × 400 values',
  X: 'GET /results, 10 × 5 pages × 100,000 values',
} as const satisfies Partial<Record<DataSetName, string>>;
/** So many read at once. */
const CONNECTIONS = { A: 8, B: 4, C: 2, W: 2, X: 1 } as const;
type ReadSet = keyof typeof TITLES;

export const READS: readonly BenchCase[] = (Object.keys(TITLES) as ReadSet[]).map((set) => ({
  name: `read-${set}`,
  title: TITLES[set],
  run: (scene) => runRead(scene, set),
}));

async function runRead(scene: Scene, set: ReadSet): Promise<Outcome> {
  const stage = await scene.stage();
  const { simulation_id: job } = await stage.session.submitWithResults(scene.content(set));
  const ours = `/results?job_id=${job}`;
  const naive = `/bench/naive/results?job_id=${job}`;
  const checks = await sameAnswers(stage.session, [ours, naive]);
  const { bodyBytes } = await stage.session.read(ours, { encoding: 'gzip' });
  const connections = CONNECTIONS[set];
  const samples = await interleaved(
    [
      reader(scene, stage, 'empty', { path: '/bench/empty', connections }),
      reader(scene, stage, 'ours gzip', { path: ours, connections, encoding: 'gzip' }),
      reader(scene, stage, 'naive gzip', { path: naive, connections, encoding: 'gzip' }),
      reader(scene, stage, 'floor', { path: `/bench/floor/results?job_id=${job}&length=${bodyBytes}`, connections }),
      reader(scene, stage, 'ours identity', { path: ours, connections }),
      reader(scene, stage, 'naive identity', { path: naive, connections }),
    ],
    scene.scale.rounds,
  );
  const PAIRS = [
    ['naive gzip', 'ours gzip'],
    ['naive identity', 'ours gzip'],
    ['floor', 'ours gzip'],
    ['naive identity', 'ours identity'],
  ] as const;
  const findings = PAIRS.flatMap((pair) => {
    const figure = pair.join(' / ');
    const all = processorRatios(samples, pair, 'server and database', 'empty');
    return [
      finding(`read-${set}`, figure, '×', processorRatios(samples, pair, 'server', 'empty')),
      finding(`read-${set}`, `${figure}, with the database`, '×', all),
    ];
  });
  return { subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)), findings, checks };
}

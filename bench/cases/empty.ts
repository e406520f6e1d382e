import { reader } from '../client/load-slices.js';
import { get } from '../client/request-bytes.js';
import { interleaved, measuredLoad } from '../measure.js';
import { finding, subjectReport } from '../report/case-report.js';
import { processorRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';

const CONNECTIONS = 8;
/** Between two requests of a connection where both are asked equally often. */
const PAUSE_MS = 2;

export const EMPTY: BenchCase = {
  name: 'empty',
  title: 'The empty authenticated endpoint, from which the others are counted',
  run: runEmpty,
};

async function runEmpty(scene: Scene): Promise<Outcome> {
  const { world, scale } = scene;
  const stage = await scene.stage();
  const bare = await world.startBareFastify();
  const bareSlice = (pace: { pauseMs?: number }) => () =>
    measuredLoad(bare, world.postmaster, {
      ...{ connections: CONNECTIONS, seconds: scale.seconds, leastRequests: scale.leastRequests, status: 200 },
      request: () => get('/'),
      ...pace,
    });
  const empty = { path: '/bench/empty', connections: CONNECTIONS };
  const paced = { pauseMs: PAUSE_MS };
  const { body } = await stage.session.read('/bench/empty');
  const samples = await interleaved(
    [
      reader(scene, stage, 'empty', empty),
      { name: 'bare Fastify', slice: bareSlice({}) },
      reader(scene, stage, 'empty, paced', { ...empty, ...paced }),
      { name: 'bare Fastify, paced', slice: bareSlice(paced) },
    ],
    scale.rounds,
  );
  await world.stopServer(bare);
  const ratios = processorRatios(samples, ['empty', 'bare Fastify'], 'server');
  const pacedRatios = processorRatios(samples, ['empty, paced', 'bare Fastify, paced'], 'server');
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings: [
      finding('empty', 'empty endpoint / bare Fastify route', '×', ratios),
      finding('empty', 'the same, both asked equally often', '×', pacedRatios),
    ],
    checks: [{ what: 'both answer the same', holds: body.toString('utf8') === '{"message":"OK"}' }],
  };
}

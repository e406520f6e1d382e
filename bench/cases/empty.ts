import { reader } from '../client/load-slices.js';
import { get } from '../client/request-bytes.js';
import { interleaved, measuredLoad } from '../measure.js';
import { finding, subjectReport } from '../report/case-report.js';
import { processorRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';

const CONNECTIONS = 8;

export const EMPTY: BenchCase = {
  name: 'empty',
  title: 'The empty authenticated endpoint, from which the others are counted',
  run: runEmpty,
};

async function runEmpty(scene: Scene): Promise<Outcome> {
  const { world, scale } = scene;
  const stage = await scene.stage();
  const bare = await world.startBareFastify();
  const bareSlice = () =>
    measuredLoad(bare, world.postmaster, {
      ...{ connections: CONNECTIONS, seconds: scale.seconds, leastRequests: scale.leastRequests, status: 200 },
      request: () => get('/'),
    });
  const empty = reader(scene, stage, 'empty', { path: '/bench/empty', connections: CONNECTIONS });
  const { body } = await stage.session.read('/bench/empty');
  const samples = await interleaved([empty, { name: 'bare Fastify', slice: bareSlice }], scale.rounds);
  await world.stopServer(bare);
  const ratios = processorRatios(samples, ['empty', 'bare Fastify'], 'server');
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings: [finding('empty', 'empty endpoint / bare Fastify route', '×', ratios)],
    checks: [{ what: 'both answer the same', holds: body.toString('utf8') === '{"message":"OK"}' }],
  };
}

import type { WorkerKey } from '../client/session.js';
import { interleaved, type Subject } from '../measure.js';
import { finding, subjectReport } from '../report/case-report.js';
import { processorRatios, roundsOf } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';
import { reader } from '../client/load-slices.js';
import { naiveStoredAsSent, servedAsSent } from './stored-as-sent.js';
import { uploader } from './upload-slices.js';

const UPLOADS = 4;

export const POST_16MB: BenchCase = {
  name: 'post-16MB',
  title: 'POST /results, 16 MB in 16 pages',
  run: runUploads,
};

async function runUploads(scene: Scene): Promise<Outcome> {
  const stage = await scene.stage();
  const content = scene.content('M');
  const uploads = scene.scale.quick ? 1 : UPLOADS;
  const last: Record<'ours' | 'naive', WorkerKey | undefined> = { ours: undefined, naive: undefined };
  const subjects: Subject[] = (['ours', 'naive'] as const).map((name) =>
    uploader(scene, stage, name, {
      ...{ path: name === 'ours' ? '/results' : '/bench/naive/results', content, uploads },
      onWorker: (worker) => (last[name] = worker),
    }),
  );
  const empty = reader(scene, stage, 'empty', { path: '/bench/empty', connections: 1 });
  const samples = await interleaved([empty, ...subjects], scene.scale.rounds);
  const blocks = roundsOf(samples, 'ours').map(({ loopLongestMs }) => loopLongestMs);
  const pair = ['ours', 'naive'] as const;
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings: [
      finding('post-16MB', 'longest block of the event loop', 'ms', blocks),
      finding(
        'post-16MB',
        'ours / naive, server and database',
        '×',
        processorRatios(samples, pair, 'server and database', 'empty'),
      ),
      finding('post-16MB', 'ours / naive, server', '×', processorRatios(samples, pair, 'server', 'empty')),
    ],
    checks: [
      await servedAsSent(stage.session, last.ours as WorkerKey, content),
      await naiveStoredAsSent(stage, last.naive as WorkerKey, content),
    ],
  };
}

import { post } from '../client/request-bytes.js';
import { jsonOf, type WorkerKey } from '../client/session.js';
import { resultsBody } from '../data/data-set.js';
import { interleaved, measured, type Subject } from '../measure.js';
import { finding, subjectReport } from '../report/case-report.js';
import { figureRatios } from '../report/ratios.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';
import { naiveStoredAsSent, servedAsSent } from './stored-as-sent.js';
import { uploader } from './upload-slices.js';

/** Bodies of a slice: code that ran once or twice is not compiled yet. */
const REPEATS = 5;

export const PAGE_UPSERTS: BenchCase = {
  name: 'page-upserts',
  title: 'A thousand small pages: storing them alone, and the whole POST /results',
  run: runUpserts,
};

async function runUpserts(scene: Scene): Promise<Outcome> {
  const { world, scale, sets } = scene;
  const stage = await scene.stage();
  const content = scene.content('S');
  const pages = sets.S.estimators * sets.S.pages;
  const last = new Map<string, WorkerKey>();
  const repeats = scale.quick ? 1 : REPEATS;
  const storing: Subject[] = (['ours', 'row-by-row'] as const).map((way) => ({
    name: `storing, ${way}`,
    slice: async () => {
      const requests: (string | Buffer)[][] = [];
      for (let repeat = 0; repeat < repeats; repeat++) {
        const worker = await stage.session.submit();
        last.set(way, worker);
        requests.push(post(`/bench/upserts?way=${way}`, resultsBody(worker, content)));
      }
      await stage.server.settle();
      const latencies: number[] = [];
      const sample = await measured(stage.server, world.postmaster, async () => {
        for (const request of requests) {
          const { milliseconds } = jsonOf(await stage.session.exchange(request, 202)) as { milliseconds: number };
          latencies.push(milliseconds);
        }
        return { requests: pages * repeats, latencies, bodyBytes: 0 };
      });
      // Reading and compressing the pages is no part of it.
      const storingSeconds = latencies.reduce((sum, milliseconds) => sum + milliseconds, 0) / 1000;
      return { ...sample, perSecond: (pages * repeats) / storingSeconds };
    },
  }));
  const posting: Subject[] = [
    uploader(scene, stage, 'POST, ours', { path: '/results', content, uploads: repeats }),
    uploader(scene, stage, 'POST, naive', { path: '/bench/naive/results', content, uploads: repeats }),
  ];
  const samples = await interleaved([...storing, ...posting], scale.rounds);
  const rate = (of: string, against: string) => figureRatios(samples, of, against, 'perSecond');
  return {
    subjects: [...samples].map(([name, rounds]) => subjectReport(name, rounds)),
    findings: [
      finding(
        'page-upserts',
        'pages stored a second, ours / row by row',
        '×',
        rate('storing, ours', 'storing, row-by-row'),
      ),
      finding('page-upserts', 'whole bodies a second, ours / naive', '×', rate('POST, ours', 'POST, naive')),
    ],
    checks: [
      await servedAsSent(stage.session, last.get('ours') as WorkerKey, content),
      await naiveStoredAsSent(stage, last.get('row-by-row') as WorkerKey, content),
    ],
  };
}

import { runLoad } from '../client/load.js';
import { get } from '../client/request-bytes.js';
import { type Check, finding } from '../report/case-report.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';
import { ResidentWatch } from '../world/resident-watch.js';
import { sameAnswers } from './same-answers.js';

const READERS = 8;

export const READERS_X: BenchCase = {
  name: 'readers-X',
  title: `${READERS} readers of 10 × 5 pages × 100,000 values at once, in a process that has done nothing else`,
  run: runReaders,
};

async function runReaders(scene: Scene): Promise<Outcome> {
  const first = await scene.freshStage();
  const { simulation_id: job } = await first.session.submitWithResults(scene.content('X'));
  const path = `/results?job_id=${job}`;
  const checks: Check[] = await sameAnswers(first.session, [path]);
  await scene.world.stopServer(first.server);
  const growth = { gzip: [] as number[], identity: [] as number[] };
  for (let round = 0; round < scene.scale.rounds; round++) {
    for (const encoding of ['gzip', 'identity'] as const) {
      const server = await scene.world.startService(first.databaseUrl);
      const token = await first.session.at(server.url).token();
      await runLoad(loadOf(server.url, get('/bench/empty', { token }), 200));
      await server.settle();
      const resident = new ResidentWatch(server.pid);
      await runLoad(loadOf(server.url, get(path, { token, encoding }), READERS));
      growth[encoding].push(resident.growth());
      await scene.world.stopServer(server);
    }
  }
  const figure = `growth of the resident set at ${READERS} readers`;
  return {
    subjects: [],
    findings: [
      finding('readers-X', figure, 'MiB', growth.gzip),
      finding('readers-X', `${figure}, identity`, 'MiB', growth.identity),
    ],
    checks,
  };
}

function loadOf(url: string, request: readonly string[], leastRequests: number) {
  return { url, connections: READERS, seconds: 0, leastRequests, status: 200, request: () => request };
}

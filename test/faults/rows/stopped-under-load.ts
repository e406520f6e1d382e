import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import type { JobEntries } from '../ledger.js';

const WRITES_PER_STOP = 250;

export const stoppedUnderLoad: FaultRow = {
  number: 14,
  title: 'SIGTERM under load',
  short: 2,
  full: 30,
  goals: { 'stop ms': 10_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, settings: { LOG_LEVEL: 'info' } }, async (scene) => {
      const { ledger, instance } = scene;
      const loading = scene.load(WRITES_PER_STOP * (repetitions + 1), 24);
      for (let stop = 0; stop < repetitions; stop++) {
        await ledger.until(WRITES_PER_STOP * stop + random.integer(20, WRITES_PER_STOP));
        await delay(random.integer(0, 50));
        const since = performance.now();
        const code = await instance.end('SIGTERM');
        const took = performance.now() - since;
        scene.longest('stop ms', took);
        if (code !== 0) scene.fail(`exit code ${code} after SIGTERM: ${instance.output().slice(-500)}`);
        await instance.start();
        await scene.untilReady('a stop');
      }
      await loading;
      await scene.untilDrained();
      await instance.end('SIGTERM');
      const saved = instance.output().split(/"(?:results|log files) saved"/).length - 1;
      await instance.start();
      const broken = Object.entries(scene.sightings.all()).filter(([what]) => what.startsWith('http broken'));
      // A connection that waits to be accepted when the address is given up is reset, and its request repeated.
      const resets = broken.reduce((sum, [, count]) => sum + count, 0);
      const expected = scene.ledger.jobs.reduce((sum, entries) => sum + savesOf(entries), 0);
      scene.figures['saved'] = saved;
      if (saved < expected || saved > expected + resets) scene.fail(`${expected} writes were saved ${saved} times`);
    }),
};

/** Results and logs; of task updates no line is written. */
function savesOf({ estimators, logs, finals }: JobEntries): number {
  const revisions = [...estimators.values()].reduce((sum, entries) => sum + entries.length, 0);
  return revisions + logs.size + finals.length;
}

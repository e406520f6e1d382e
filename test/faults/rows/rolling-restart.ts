import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';

const WRITES_PER_ROUND = 400;

export const rollingRestart: FaultRow = {
  number: 15,
  title: 'two instances, restarted one after the other under load',
  short: 1,
  full: 10,
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, instances: 2 }, async (scene) => {
      const { ledger, instances } = scene;
      const loading = scene.load(WRITES_PER_ROUND * (repetitions + 1), 24);
      for (let round = 0; round < repetitions; round++) {
        await ledger.until(WRITES_PER_ROUND * round + random.integer(20, WRITES_PER_ROUND));
        for (const instance of instances) {
          const code = await instance.end('SIGTERM');
          if (code !== 0) scene.fail(`exit code ${code} after SIGTERM`);
          await instance.start();
          scene.longest('ready ms', await scene.untilReady('a restart'));
          await delay(random.integer(0, 100));
        }
      }
      await loading;
    }),
};

import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';

const WRITES_PER_STOP = 200;

export const databaseStopped: FaultRow = {
  number: 3,
  title: 'PostgreSQL stopped at once, and started again',
  short: 2,
  full: 30,
  goals: { 'ready ms': 2_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest }, async (scene) => {
      const { world, ledger } = scene;
      const loading = scene.load(WRITES_PER_STOP * (repetitions + 1), 24);
      for (let stop = 0; stop < repetitions; stop++) {
        await ledger.until(WRITES_PER_STOP * stop + random.integer(20, WRITES_PER_STOP));
        await delay(random.integer(0, 50));
        await world.stopPostgresNow();
        await delay(random.integer(200, 1_500));
        await world.startPostgres();
        scene.longest('ready ms', await scene.untilReady('a stop of PostgreSQL'));
      }
      await loading;
      if (scene.sightings.of('http 503') === 0) scene.fail('nobody was told that the database is away');
    }),
};

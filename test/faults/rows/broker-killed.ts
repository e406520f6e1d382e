import { setTimeout as delay } from 'node:timers/promises';
import { call } from '../../support/client.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';

const WRITES_PER_KILL = 400;

export const brokerKilled: FaultRow = {
  number: 2,
  title: 'kill -9 of RabbitMQ',
  short: 1,
  full: 15,
  goals: { 'consuming ms': 2_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest }, async (scene) => {
      const { world, ledger, instance } = scene;
      // A quorum queue that is killed a moment after it was declared may be unusable for ever (RabbitMQ 3.10).
      await delay(2_000);
      const loading = scene.load(WRITES_PER_KILL * (repetitions + 1), 16, { doors: ['http', 'http', 'http', 'amqp'] });
      for (let kill = 0; kill < repetitions; kill++) {
        await ledger.until(WRITES_PER_KILL * kill + random.integer(50, WRITES_PER_KILL / 2));
        await delay(random.integer(0, 100));
        await world.killRabbitmq();
        const before = ledger.acknowledged;
        const [ready, read] = await Promise.all([
          instance.isReady(),
          call(`${instance.url}/health/live`),
          delay(random.integer(300, 1_500)),
        ]);
        if (ready) scene.fail('ready without a broker');
        if (read.status !== 200) scene.fail('not live without a broker');
        scene.figures['http writes while away'] =
          (scene.figures['http writes while away'] ?? 0) + ledger.acknowledged - before;
        await world.startRabbitmq();
        scene.longest('consuming ms', await scene.untilReady('a kill of RabbitMQ'));
      }
      await loading;
      if (scene.figures['http writes while away'] === 0)
        scene.fail('no HTTP write was accepted while RabbitMQ was away');
    }),
};

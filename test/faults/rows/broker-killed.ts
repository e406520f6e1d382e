import { setTimeout as delay } from 'node:timers/promises';
import { connect } from 'amqplib';
import { ContinuousReader } from '../continuous-reader.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';

const WRITES_PER_KILL = 400;
const AGAIN_MS = 20;

export const brokerKilled: FaultRow = {
  number: 2,
  title: 'kill -9 of RabbitMQ',
  short: 1,
  full: 15,
  goals: { 'consuming ms': 2_000, 'longest read ms': 1_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest }, async (scene) => {
      const { world, ledger, instance } = scene;
      // A quorum queue that is killed a moment after it was declared may be unusable for ever (RabbitMQ 3.10).
      await delay(2_000);
      const loading = scene.load(WRITES_PER_KILL * (repetitions + 1), 16, { doors: ['http', 'http', 'http', 'amqp'] });
      const reader = new ContinuousReader(instance.url, scene.jobs);
      let writes = 0;
      let reads = 0;
      for (let kill = 0; kill < repetitions; kill++) {
        await ledger.until(WRITES_PER_KILL * kill + random.integer(50, WRITES_PER_KILL / 2));
        await delay(random.integer(0, 100));
        await world.killRabbitmq();
        const before = { writes: ledger.acknowledged, reads: reader.answers };
        const [ready] = await Promise.all([instance.isReady(), delay(random.integer(300, 1_500))]);
        if (ready) scene.fail('ready without a broker');
        writes += ledger.acknowledged - before.writes;
        reads += reader.answers - before.reads;
        await world.startRabbitmq();
        await untilConnected(world.brokerUrl);
        scene.longest('consuming ms', await scene.untilReady('a kill of RabbitMQ'));
      }
      await loading;
      await reader.stop();
      Object.assign(scene.figures, {
        'http writes while away': writes,
        'reads while away': reads,
        reads: reader.answers,
      });
      scene.longest('longest read ms', reader.longestMs);
      for (const [wrong, count] of reader.wrong) scene.fail(`${count} × ${wrong}`);
      if (writes === 0) scene.fail('no HTTP write was accepted while RabbitMQ was away');
      if (reads === 0) scene.fail('nothing was read while RabbitMQ was away');
    }),
};

/** Resolves once the broker takes connections: it greets a little earlier. */
async function untilConnected(url: string): Promise<void> {
  for (;;) {
    const connection = await connect(url, { timeout: 5_000 }).catch(() => undefined);
    if (connection !== undefined) return connection.close();
    await delay(AGAIN_MS);
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import type { TcpProxy } from '../../support/tcp-proxy.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { HeldWrites } from '../held-writes.js';

const WRITES_PER_KILL = 120;
const WRITES_PER_KILL_OF_MANY = 1_650;
const HELD_MS = 150;
/** So many commits at least are held back, if that many come in this time. */
const HELD_COMMITS = 6;
const HELD_AT_MOST_MS = 5_000;

/**
 * A quarter of the kills falls between commit and acknowledge: what the service says, to the broker and to its clients, is held
 * back by the network for a moment, and lost with the process. Two quarters fall before the commit: for a moment nothing can be
 * written, or everything but the COMMIT gets to the database, so nothing may be acknowledged either.
 */
const MOMENTS = ['any', 'before the acknowledgement', 'before the commit', 'on the way of the commit'] as const;

export const serverKilled: FaultRow = {
  number: 1,
  title: 'kill -9 of the server while it takes in, also before the commit, and between commit and acknowledge',
  short: 4,
  full: 60,
  goals: { 'ready ms': 5_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, clientNetwork: true }, async (scene) => {
      const writesPerKill = repetitions > 10 ? WRITES_PER_KILL_OF_MANY : WRITES_PER_KILL;
      const kills = Array.from({ length: repetitions }, (_, kill) => ({
        after: writesPerKill * kill + random.integer(10, writesPerKill),
        pauseMs: random.integer(0, 60),
        moment: MOMENTS[kill % MOMENTS.length] as (typeof MOMENTS)[number],
      }));
      scene.figures['redelivered'] = 0;
      const loading = scene.load(writesPerKill * (repetitions + 1), 24);
      for (const { after, pauseMs, moment } of kills) {
        await scene.ledger.until(after);
        scene.figures['redelivered'] += await scene.instance.figure('tallyhouse_amqp_redeliveries_total');
        await delay(pauseMs);
        await killAt(scene, moment);
        scene.longest('start ms', await scene.instance.start());
        scene.longest('ready ms', await scene.untilReady('a kill of the server'));
      }
      await loading;
    }),
};

async function killAt(scene: FaultScene, moment: (typeof MOMENTS)[number]): Promise<void> {
  const { instance, world, clientNetworks } = scene;
  switch (moment) {
    case 'any':
      await instance.end('SIGKILL');
      return;
    case 'before the commit': {
      const held = await HeldWrites.begin(scene.databaseUrl);
      await delay(HELD_MS);
      await instance.end('SIGKILL');
      await held.abandon();
      return;
    }
    case 'on the way of the commit':
      world.databaseNetwork.spoil({ heldFrom: 'COMMIT' }, ['up']);
      for (
        const late = Date.now() + HELD_AT_MOST_MS;
        world.databaseNetwork.holding < HELD_COMMITS && Date.now() < late;
      ) {
        await delay(10);
      }
      await delay(HELD_MS);
      await instance.end('SIGKILL');
      forget(world.databaseNetwork);
      return;
    case 'before the acknowledgement':
      world.brokerNetwork.spoil({ held: true }, ['up']);
      for (const network of clientNetworks) network.spoil({ held: true }, ['down']);
      await delay(HELD_MS);
      await instance.end('SIGKILL');
      for (const network of [world.brokerNetwork, ...clientNetworks]) forget(network);
  }
}

/** What a network holds must not be said after all. */
function forget(network: TcpProxy): void {
  network.reset();
  network.heal();
}

import { setTimeout as delay } from 'node:timers/promises';
import type { LegFault } from '../../support/proxy-leg.js';
import type { Direction, TcpProxy } from '../../support/tcp-proxy.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';

const WRITES_PER_FAULT = 150;
const RESETS_EVERY_MS = 100;
const BOTH: readonly Direction[] = ['up', 'down'];

interface NetworkFault {
  readonly name: string;
  readonly directions: readonly Direction[];
  readonly fault?: LegFault;
  /** Seconds for which the network is like this. */
  readonly seconds: readonly [short: number, full: number];
}

const FAULTS: readonly NetworkFault[] = [
  { name: '+250 ms', directions: BOTH, fault: { delayMs: 250 }, seconds: [2, 5] },
  { name: 'resets', directions: BOTH, seconds: [1, 5] },
  { name: 'truncated', directions: BOTH, fault: { truncateAfter: 3_000 }, seconds: [1, 5] },
  { name: 'half open, up', directions: ['up'], fault: { held: true }, seconds: [3, 25] },
  { name: 'half open, down', directions: ['down'], fault: { held: true }, seconds: [3, 25] },
  { name: '1 kB/s', directions: BOTH, fault: { bytesPerSecond: 1_000 }, seconds: [2, 15] },
  { name: '+1 s', directions: BOTH, fault: { delayMs: 1_000 }, seconds: [2, 10] },
];
const LEGS = ['broker', 'database', 'client'] as const;

/** Every fault on every leg; in the short form each fault on one leg. */
export const spoiledNetwork: FaultRow = {
  number: 4,
  title: 'the network to broker, database and client: delays, resets, half open, truncated, 1 kB/s',
  short: FAULTS.length,
  full: FAULTS.length * LEGS.length * 2,
  goals: { 'ready ms': 5_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, clientNetwork: true }, async (scene) => {
      const isFull = repetitions > FAULTS.length;
      const firstLeg = random.integer(0, LEGS.length - 1);
      const loading = scene.load(WRITES_PER_FAULT * (repetitions + 1), 24);
      for (let turn = 0; turn < repetitions; turn++) {
        await scene.ledger.until(WRITES_PER_FAULT * turn);
        const fault = FAULTS[turn % FAULTS.length] as NetworkFault;
        const lap = Math.floor(turn / FAULTS.length);
        const leg = LEGS[(firstLeg + turn + lap) % LEGS.length] as (typeof LEGS)[number];
        const network = networkOf(scene, leg);
        await spoil(network, fault, (isFull ? fault.seconds[1] : fault.seconds[0]) * 1000);
        scene.longest('ready ms', await scene.untilReady(`${fault.name} on the leg to the ${leg}`));
      }
      await loading;
      scene.figures['connections to the database'] = scene.world.databaseNetwork.connections;
      scene.figures['connections to the broker'] = scene.world.brokerNetwork.connections;
      // The pool and the listener; one to consume and one to publish. More would be a leak.
      if (scene.world.databaseNetwork.connections > 12)
        scene.fail('more connections to the database than there may be');
      if (scene.world.brokerNetwork.connections > 2) scene.fail('more connections to the broker than there may be');
    }),
};

function networkOf({ world, clientNetworks }: FaultScene, leg: (typeof LEGS)[number]): TcpProxy {
  if (leg === 'client') return clientNetworks[0] as TcpProxy;
  return leg === 'broker' ? world.brokerNetwork : world.databaseNetwork;
}

async function spoil(network: TcpProxy, { fault, directions }: NetworkFault, milliseconds: number): Promise<void> {
  if (fault !== undefined) {
    network.spoil(fault, directions);
    await delay(milliseconds);
  } else {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) {
      network.reset();
      await delay(RESETS_EVERY_MS);
    }
  }
  network.heal();
}

import { setTimeout as delay } from 'node:timers/promises';
import type { LegFault } from '../../support/proxy-leg.js';
import type { Direction, TcpProxy } from '../../support/tcp-proxy.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { residentSetMB } from '../memory-watch.js';
import type { SeededRandom } from '../random.js';
import type { Sender } from '../sender.js';

/** The load is paced, so that every fault meets it. */
const SENDERS = 24;
const WRITES_PER_SECOND = 30;
/** "5 % resets": of the pieces that arrive, as a network would lose packets. A connection that does anything is soon gone. */
const RESET_SHARE = 0.05;
const BOTH: readonly Direction[] = ['up', 'down'];
const LOOK_MS = 50;

interface NetworkFault {
  readonly name: string;
  readonly directions: readonly Direction[];
  readonly fault: (random: SeededRandom) => LegFault;
  /** Seconds for which the network is like this. */
  readonly seconds: readonly [short: number, full: number];
  /** Nothing tells the service but its own time-outs. */
  readonly isSilent?: boolean;
}

/** In this order the short form has one that is half open on each leg. */
const FAULTS: readonly NetworkFault[] = [
  { name: '+250 ms', directions: BOTH, fault: () => ({ delayMs: 250 }), seconds: [2, 3] },
  {
    name: '5 % resets',
    directions: BOTH,
    fault: (random) => ({ resetsIf: () => random.next() < RESET_SHARE }),
    seconds: [1, 4],
  },
  { name: 'truncated', directions: BOTH, fault: () => ({ truncateAfter: 3_000 }), seconds: [1, 3] },
  { name: 'half open, up', directions: ['up'], fault: () => ({ held: true }), seconds: [3, 16], isSilent: true },
  { name: 'half open, down', directions: ['down'], fault: () => ({ held: true }), seconds: [3, 16], isSilent: true },
  { name: 'half open', directions: BOTH, fault: () => ({ held: true }), seconds: [3, 16], isSilent: true },
  { name: '1 kB/s', directions: BOTH, fault: () => ({ bytesPerSecond: 1_000 }), seconds: [2, 8] },
  { name: '+1 s', directions: BOTH, fault: () => ({ delayMs: 1_000 }), seconds: [2, 6] },
];
const LEGS = ['broker', 'database', 'client'] as const;
type Leg = (typeof LEGS)[number];

/** When the resident set is looked at for the first time: each leg was spoiled once, and half open once. */
const WARM_AFTER = 6;
/** A leak of one connection's buffers a fault would be more; the heap of a process this young still grows by tens of megabytes. */
const GROWTH_MB = 100;

/** Every fault on every leg; in the short form each fault on one leg, all legs in turn. The seed says which leg is first. */
export const spoiledNetwork: FaultRow = {
  number: 4,
  title: 'the network to broker, database and client: delays, resets, half open, truncated, 1 kB/s',
  short: FAULTS.length,
  full: FAULTS.length * LEGS.length * 2,
  goals: { 'noticed ms': 15_000, 'ready ms': 5_000, 'growth MB': GROWTH_MB },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, clientNetwork: true }, async (scene) => {
      const isFull = repetitions > FAULTS.length;
      const firstLeg = random.integer(0, LEGS.length - 1);
      const seconds = ({ seconds: [short, full] }: NetworkFault) => (isFull ? full : short);
      const faults = Array.from({ length: repetitions }, (_, turn) => FAULTS[turn % FAULTS.length] as NetworkFault);
      const writes = WRITES_PER_SECOND * faults.reduce((sum, fault) => sum + seconds(fault), 0);
      const { http, amqp } = scene.senders;
      const loading = scene.load(writes, SENDERS, { senders: { http: paced(http), amqp: paced(amqp) } });
      // Within the short form's seconds nothing needs to be noticed.
      scene.figures['noticed ms'] = 0;
      let warm = 0;
      for (const [turn, fault] of faults.entries()) {
        // FAULTS.length and LEGS.length have no common divisor but 1: three laps have every fault on every leg.
        const leg = LEGS[(firstLeg + turn) % LEGS.length] as Leg;
        await spoil(scene, leg, fault, random, isFull);
        scene.longest('ready ms', await scene.untilReady(`${fault.name} on the leg to the ${leg}`));
        if (turn + 1 === WARM_AFTER) warm = await residentSetMB(scene.instance.pid);
      }
      await loading;
      scene.figures['growth MB'] = (await residentSetMB(scene.instance.pid)) - warm;
      expectNoLeak(scene);
    }),
};

/** Sends a write only after a while. */
function paced(sender: Sender): Sender {
  const send: Sender['send'] = async (write, giveUp) => {
    await delay((1000 * SENDERS) / WRITES_PER_SECOND);
    return sender.send(write, giveUp);
  };
  return { send, close: () => sender.close() };
}

async function spoil(
  scene: FaultScene,
  leg: Leg,
  { name, directions, fault, seconds, isSilent = false }: NetworkFault,
  random: SeededRandom,
  isFull: boolean,
): Promise<void> {
  const network = networkOf(scene, leg);
  const milliseconds = (isFull ? seconds[1] : seconds[0]) * 1000;
  network.spoil(fault(random), directions);
  const end = delay(milliseconds);
  if (isFull && isSilent && leg !== 'client') {
    const noticed = await untilNoticed(scene, network, milliseconds);
    if (noticed === undefined) scene.fail(`${name} on the leg to the ${leg} was never noticed`);
    else scene.longest('noticed ms', noticed);
  }
  await end;
  network.heal();
}

/** The milliseconds until the service is not ready or connects anew; undefined where it does neither within so many. */
async function untilNoticed(scene: FaultScene, network: TcpProxy, most: number): Promise<number | undefined> {
  const since = performance.now();
  const { accepted } = network;
  for (;;) {
    const took = performance.now() - since;
    if (took > most) return undefined;
    if (network.accepted > accepted || !(await scene.instance.isReady())) return performance.now() - since;
    await delay(LOOK_MS);
  }
}

function expectNoLeak(scene: FaultScene): void {
  const { databaseNetwork, brokerNetwork } = scene.world;
  scene.figures['connections to the database'] = databaseNetwork.connections;
  scene.figures['connections to the broker'] = brokerNetwork.connections;
  // The pool, the listener and the watch; one to consume, one to publish and one to hand out tasks. More would be a leak.
  if (databaseNetwork.connections > 12) scene.fail('more connections to the database than there may be');
  if (brokerNetwork.connections > 3) scene.fail('more connections to the broker than there may be');
}

function networkOf({ world, clientNetworks }: FaultScene, leg: Leg): TcpProxy {
  if (leg === 'client') return clientNetworks[0] as TcpProxy;
  return leg === 'broker' ? world.brokerNetwork : world.databaseNetwork;
}

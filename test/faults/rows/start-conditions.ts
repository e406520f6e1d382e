import { setTimeout as delay } from 'node:timers/promises';
import type { Channel } from 'amqplib';
import { call, logIn } from '../../support/client.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene, USER } from '../fault-scene.js';
import { withConnection } from '../ingest-queues.js';
import type { Instance } from '../instance.js';

const WRITES_PER_TURN = 300;
const AFTERWARDS = 120;
const NOTICED_MS = 20_000;
const POLL_MS = 50;
/** The waits between two tries are a second and more, but for the first ones. */
const MOST_TRIES_A_SECOND = 5;
/** Of the sentence that names what is in the way, and says what to do. */
const REMEDY = 'exists at the broker with other properties. Empty and delete it there';

/** What somebody else has declared under a name of ours. */
interface Foreign {
  readonly kind: 'queue' | 'exchange';
  readonly name: string;
  readonly declare: (channel: Channel, name: string) => Promise<unknown>;
}

const FOREIGN: readonly Foreign[] = [
  {
    kind: 'queue',
    name: 'ingest.results',
    declare: (channel, name) => channel.assertQueue(name, { durable: true }),
  },
  {
    kind: 'exchange',
    name: 'ingest',
    declare: (channel, name) => channel.assertExchange(name, 'direct', { durable: true }),
  },
  {
    kind: 'queue',
    name: 'ingest.tasks',
    declare: (channel, name) =>
      channel.assertQueue(name, { durable: true, arguments: { 'x-queue-type': 'quorum', 'x-max-length': 1_000 } }),
  },
];

export const startConditions: FaultRow = {
  number: 17,
  title: 'a queue with other arguments; the broker absent at the start',
  short: 1,
  full: 5,
  goals: { 'consuming ms': 2_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, instances: 2 }, async (scene) => {
      const token = await logIn(scene.instance.url, USER);
      const loading = scene.load(WRITES_PER_TURN * (repetitions + 1), 8, { doors: ['http'] });
      const first = random.integer(0, FOREIGN.length - 1);
      for (let turn = 0; turn < repetitions; turn++) {
        await scene.ledger.until(WRITES_PER_TURN * turn + random.integer(20, WRITES_PER_TURN));
        await declaredOtherwise(scene, FOREIGN[(first + turn) % FOREIGN.length] as Foreign, token);
        await withoutBroker(scene, repetitions > 1, token);
      }
      await loading;
      await scene.load(AFTERWARDS, 8, { doors: ['amqp'] });
    }),
};

/** One instance runs and one starts while a name is taken: neither takes messages in, and both say why. */
async function declaredOtherwise(scene: FaultScene, foreign: Foreign, token: string): Promise<void> {
  const { world, instances, prefix, options } = scene;
  const [running, starting] = instances as [Instance, Instance];
  const name = prefix + foreign.name;
  const remedy = `The ${foreign.kind} ${name} ${REMEDY}`;
  await starting.end('SIGTERM');
  // Cut off, the running instance does not declare it again before the name is taken.
  world.brokerNetwork.cut();
  await expectConsumers(scene, running, 'down');
  await withConnection(world.brokerUrl, async (connection) => {
    const channel = await connection.createChannel();
    await remove(channel, foreign, name);
    await foreign.declare(channel, name);
  });
  world.brokerNetwork.heal();
  const refusal = await starting.start().then(
    () => undefined,
    (error: unknown) => (error as Error).message,
  );
  const isRefused = refusal?.startsWith('the service ended with 1: ') === true && refusal.includes(remedy);
  if (!isRefused) scene.fail(`started beside a foreign ${name}: ${refusal?.slice(-1_000) ?? 'it did start'}`);
  await expectConsumers(scene, running, 'down');
  await expectHttp(scene, token);
  const before = told(running, remedy);
  const since = performance.now();
  await delay(options.random.integer(1_000, 2_000));
  const tries = (told(running, remedy) - before) / ((performance.now() - since) / 1_000);
  if (told(running, remedy) === 0) scene.fail(`the running instance does not say what to do about ${name}`);
  if (tries > MOST_TRIES_A_SECOND) scene.fail(`${Math.round(tries)} tries a second while ${name} is foreign`);
  scene.longest('times told', told(running, remedy));
  await withConnection(world.brokerUrl, async (connection) => {
    const channel = await connection.createChannel();
    await remove(channel, foreign, name);
  });
  const deleted = performance.now();
  await expectConsumers(scene, running, 'up');
  scene.longest('consuming ms', performance.now() - deleted);
  if (refusal !== undefined) await starting.start();
  await scene.untilReady(`${name} was deleted`);
}

/** Both instances start while there is no broker: they serve over HTTP, and consume once it is there. */
async function withoutBroker(scene: FaultScene, isReal: boolean, token: string): Promise<void> {
  const { world, instances, options } = scene;
  await Promise.all(instances.map((instance) => instance.end('SIGTERM')));
  // In the short form the way to it is broken, which takes less time.
  if (isReal) await world.stopRabbitmq();
  else world.brokerNetwork.cut();
  const starts = await Promise.all(instances.map((instance) => instance.start()));
  scene.longest('start without a broker ms', Math.max(...starts));
  for (const instance of instances) await expectConsumers(scene, instance, 'down');
  await expectHttp(scene, token);
  await delay(options.random.integer(0, 1_000));
  if (isReal) await world.startRabbitmq();
  else world.brokerNetwork.heal();
  scene.longest('consuming ms', await scene.untilReady('the broker came'));
}

async function remove(channel: Channel, { kind }: Foreign, name: string): Promise<void> {
  await (kind === 'queue' ? channel.deleteQueue(name) : channel.deleteExchange(name));
}

/** Waits until readiness says so of the consumers, and is 503 unless they are up. */
async function expectConsumers(scene: FaultScene, { url }: Instance, state: 'up' | 'down'): Promise<void> {
  const since = performance.now();
  let seen = '';
  while (performance.now() - since < NOTICED_MS) {
    const answer = await call(`${url}/health/ready`);
    const { consumers, database } = answer.json()['checks'] as Record<string, string>;
    seen = `${answer.status}, database ${database}, consumers ${consumers}`;
    if (seen === `${state === 'up' ? 200 : 503}, database up, consumers ${state}`) return;
    await delay(POLL_MS);
  }
  scene.fail(`readiness says "${seen}", consumers should be ${state}`);
}

/** Reads and writes go on over HTTP. */
async function expectHttp({ ledger, instances, jobs }: FaultScene, token: string): Promise<void> {
  await ledger.until(ledger.acknowledged + 20);
  const job = jobs[0]?.job_id ?? '';
  for (const { url, pid } of instances) {
    if (pid === undefined) continue;
    const { status } = await call(`${url}/tasks?job_id=${job}`, { token });
    if (status !== 200) throw new Error(`a read was answered ${status}`);
  }
}

function told(instance: Instance, sentence: string): number {
  return instance.output().split(sentence).length - 1;
}

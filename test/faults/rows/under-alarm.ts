import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from '../../support/admin.js';
import { AmqpSender } from '../amqp-sender.js';
import type { FaultScene } from '../fault-scene.js';
import { planWrites } from '../load-plan.js';
import { sha256 } from '../logical-write.js';

const HTTP_WRITES = 60;
const AMQP_WRITES = 60;
/** More than are consumed at once: the broker lets the first ones through before it blocks. */
const POISONS = 12;
/** Long enough for publishers, and for the service itself, to give up waiting for a confirm more than once. */
const LONG_MS = 25_000;
const SHORT_MS = 3_000;
const STORED_MS = 30_000;
const POLL_MS = 100;

/**
 * The broker takes nothing from publishers for a while: neither from workers, nor what the service wants to dead-letter. HTTP
 * and what is in the queues go on.
 */
export async function underAlarm(scene: FaultScene, isLong: boolean): Promise<void> {
  const { world, jobs, options, figures } = scene;
  const { random } = options;
  const [overAmqp, ...overHttp] = jobs as [FaultScene['jobs'][number], ...FaultScene['jobs']];
  const what = random.pick(['memory', 'disk'] as const);
  const poisons = Array.from({ length: POISONS }, () => `nonsense ${randomUUID()}`);
  const worker = new AmqpSender(world.brokerUrl, `${scene.prefix}ingest`, scene.sightings);
  // Without a database nobody consumes, so all of it is to be dead-lettered under the alarm.
  world.databaseNetwork.cut();
  for (const body of poisons) {
    if (!(await worker.publish('results.save', Buffer.from(body)))) scene.fail('a message was not confirmed');
  }
  await worker.close();
  await world.beginAlarm(what);
  world.databaseNetwork.heal();
  const since = performance.now();
  const held = scene.loadPlan(
    8,
    [...planWrites(random, { jobs: [overAmqp], writes: AMQP_WRITES, doors: ['amqp'] })].map(alone),
  );
  await scene.loadPlan(8, [...planWrites(random, { jobs: overHttp, writes: HTTP_WRITES, doors: ['http'] })].map(alone));
  scene.longest('http writes under the alarm ms', performance.now() - since);
  await delay(Math.max(0, (isLong ? LONG_MS : SHORT_MS) - (performance.now() - since)));
  figures['dead letters under the alarm'] = (await stored(scene, poisons)).length;
  await world.endAlarm(what);
  const ended = performance.now();
  await held;
  await scene.untilReady('an alarm');
  scene.longest('back after the alarm ms', performance.now() - ended);
  await expectDeadLetters(scene, poisons);
}

function alone<T>(item: T): readonly T[] {
  return [item];
}

/** Each is there. One whose confirm was not awaited any longer may be there twice, as after any lost connection. */
async function expectDeadLetters(scene: FaultScene, poisons: readonly string[]): Promise<void> {
  const since = performance.now();
  let letters = await stored(scene, poisons);
  while (new Set(letters).size < poisons.length && performance.now() - since < STORED_MS) {
    await delay(POLL_MS);
    letters = await stored(scene, poisons);
  }
  await scene.untilDrained();
  letters = await stored(scene, poisons);
  const missing = poisons.length - new Set(letters).size;
  if (missing > 0) scene.fail(`${missing} dead letters were lost under the alarm`);
  scene.longest(
    'copies of a dead letter',
    Math.max(...poisons.map((body) => letters.filter((one) => one === sha256(body)).length)),
  );
  if (letters.length > 2 * poisons.length)
    scene.fail(`${poisons.length} dead letters are there ${letters.length} times`);
}

/** The digests of those that are in the table. */
async function stored({ databaseUrl }: FaultScene, poisons: readonly string[]): Promise<string[]> {
  const rows = await sql(
    databaseUrl,
    `SELECT encode(sha256(body), 'hex') AS digest FROM dead_letter WHERE encode(sha256(body), 'hex') = ANY($1)`,
    [poisons.map(sha256)],
  );
  return rows.map(({ digest }) => String(digest));
}

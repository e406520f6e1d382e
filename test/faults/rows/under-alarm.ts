import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sql } from '../../support/admin.js';
import { AmqpSender } from '../amqp-sender.js';
import type { FaultScene } from '../fault-scene.js';
import { planWrites } from '../load-plan.js';
import { type Door, type FaultJob, sha256 } from '../logical-write.js';

const WRITES = 60;
/** More than are consumed at once: the broker lets the first ones through before it blocks. */
const POISONS = 12;
/** Long enough for publishers, and for the service itself, to give up waiting for a confirm more than once. */
const LONG_MS = 25_000;
const SHORT_MS = 3_000;
/** The one on its way when the broker stopped to read, and the one that was sent when it read again. */
const MOST_COPIES = 2;
const STORED_MS = 30_000;
const POLL_MS = 100;

/**
 * The broker takes nothing from publishers for a while: neither from workers, nor what the service wants to dead-letter. HTTP
 * and what is in the queues go on.
 */
export async function underAlarm(scene: FaultScene, isLong: boolean): Promise<void> {
  const { world, jobs, options, figures } = scene;
  const { random } = options;
  // A job each: of two plans for one job the later write of a log would win, whichever that is.
  const overAmqp = jobs.slice(0, 1);
  const overHttp = jobs.slice(1);
  const planOf = (jobsOf: readonly FaultJob[], door: Door) =>
    [...planWrites(random, { jobs: jobsOf, writes: WRITES, doors: [door] })].map((write) => [write]);
  const what = random.pick(['memory', 'disk'] as const);
  const poisons = Array.from({ length: POISONS }, () => `nonsense ${randomUUID()}`);
  const worker = new AmqpSender(world.brokerUrl, `${scene.prefix}ingest`, scene.sightings);
  // Cut off, the service consumes nothing, so all of it is to be dead-lettered under the alarm.
  world.brokerNetwork.cut();
  for (const body of poisons) {
    if (!(await worker.publish('results.save', Buffer.from(body)))) scene.fail('a message was not confirmed');
  }
  await worker.close();
  await world.beginAlarm(what);
  let held: Promise<void>;
  try {
    world.brokerNetwork.heal();
    held = scene.loadPlan(8, planOf(overAmqp, 'amqp'));
    const since = performance.now();
    await scene.loadPlan(8, planOf(overHttp, 'http'));
    scene.longest('http writes under the alarm ms', performance.now() - since);
    await delay(isLong ? LONG_MS : SHORT_MS);
    figures['dead letters under the alarm'] = (await stored(scene, poisons)).length;
  } finally {
    await world.endAlarm(what);
  }
  const ended = performance.now();
  await held;
  await scene.untilReady('an alarm');
  scene.longest('back after the alarm ms', performance.now() - ended);
  await expectDeadLetters(scene, poisons);
}

/** Each is there; none has grown in number with the time that the alarm lasted. */
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
  const copies = Math.max(...poisons.map((body) => letters.filter((one) => one === sha256(body)).length));
  scene.longest('copies of a dead letter', copies);
  if (copies > MOST_COPIES) scene.fail(`a dead letter is there ${copies} times`);
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

import { setTimeout as delay } from 'node:timers/promises';
import { AdminClient } from '../../support/admin.js';
import { logIn } from '../../support/client.js';
import { ADMIN } from '../../support/service.js';
import { AmqpSender } from '../amqp-sender.js';
import { checkAll } from '../checker.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene, inventJobs, submitJobs, USER } from '../fault-scene.js';
import { Ledger } from '../ledger.js';
import { planWrites } from '../load-plan.js';
import { bodyOf, type LogicalWrite, sha256 } from '../logical-write.js';

const PER_JOB = 10;
const STRANGERS = 5;
const WAITS_SECONDS = 3;
const REASON = 'unknownSimulation';

export const beforeSubmission: FaultRow = {
  number: 8,
  title: 'messages before their simulation, which is submitted later or never',
  short: 60,
  full: 1_000,
  run: ({ repetitions, random, ...rest }) => {
    const settings = { UNKNOWN_SIMULATION_SECONDS: String(WAITS_SECONDS) };
    const jobs = Math.ceil(repetitions / PER_JOB);
    const options = { repetitions, random, ...rest, settings, jobs, unsubmitted: true, tolerated: /^dead letters$/ };
    return FaultScene.play(options, async (scene) => {
      const { url } = scene.instance;
      const token = await logIn(url, USER);
      const plan = [...planWrites(random, { jobs: scene.jobs, writes: repetitions, doors: ['amqp'] })];
      await scene.loadPlan(
        16,
        plan.map((write) => [write]),
      );
      const strangers = [...planWrites(random, { jobs: inventJobs(1), writes: STRANGERS, doors: ['amqp'] })];
      const sender = new AmqpSender(scene.world.brokerUrl, `${scene.prefix}ingest`, scene.sightings);
      for (const write of strangers) {
        if (!(await sender.publish(write.routingKey, bodyOf(write)))) scene.fail('not confirmed');
      }
      await sender.close();
      await delay(random.integer(0, 1_500));
      await submitJobs(url, token, scene.jobs);
      await scene.untilDrained();
      await expectAppliedOrDead(scene, plan, strangers, token);
      // On a slow machine some may have waited too long; then they are there, and nothing is lost.
      const admin = new AdminClient(url, await logIn(url, ADMIN));
      await admin.call(`/admin/dead-letters/replay?reason=${REASON}`, { method: 'POST' });
      const left = await scene.deadLetters();
      if (left !== STRANGERS) scene.fail(`${left} dead letters are left of ${STRANGERS} that nobody submitted`);
    });
  },
};

/** Each message is a dead letter with the reason, or to be read back: none is silently gone, and none is both. */
async function expectAppliedOrDead(
  scene: FaultScene,
  plan: readonly LogicalWrite[],
  strangers: readonly LogicalWrite[],
  token: string,
): Promise<void> {
  const { url } = scene.instance;
  const dead = await deadBodies(scene);
  const isDead = (write: LogicalWrite) => dead.has(sha256(bodyOf(write).toString()));
  const ledger = new Ledger(scene.jobs);
  for (const write of plan) {
    const acknowledge = ledger.attempt(write);
    if (!isDead(write)) acknowledge();
  }
  const { lost, examples } = await checkAll(ledger, url, token);
  if (lost > 0) scene.fail(`${lost} messages are neither applied nor dead letters: ${examples.join('; ')}`);
  const missing = strangers.filter((write) => !isDead(write)).length;
  if (missing > 0) scene.fail(`${missing} messages without a simulation are no dead letters`);
  const sent = plan.length + strangers.length;
  const applied = await scene.instance.figure('tallyhouse_amqp_deliveries_total', /outcome="acknowledged"/);
  Object.assign(scene.figures, { applied, 'dead letters': dead.size });
  if (applied + dead.size !== sent) scene.fail(`${sent} were sent, ${applied} applied, ${dead.size} are dead letters`);
}

/** The SHA-256 of every dead letter's body; each must have the reason. */
async function deadBodies(scene: FaultScene): Promise<Set<string>> {
  const { url } = scene.instance;
  const admin = new AdminClient(url, await logIn(url, ADMIN));
  const bodies = new Set<string>();
  for (const { id, reason } of await admin.walk('/admin/dead-letters', 'dead_letters', 200)) {
    if (reason !== REASON) scene.fail(`a dead letter for another reason: ${String(reason)}`);
    const letter = (await admin.call(`/admin/dead-letters/${String(id)}`)).json()['dead_letter'];
    bodies.add((letter as { body_sha256: string }).body_sha256);
  }
  return bodies;
}

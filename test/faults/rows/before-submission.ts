import { setTimeout as delay } from 'node:timers/promises';
import { AdminClient } from '../../support/admin.js';
import { logIn } from '../../support/client.js';
import { ADMIN } from '../../support/service.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene, inventJobs, submitJobs, USER } from '../fault-scene.js';
import { AmqpSender } from '../amqp-sender.js';
import { planWrites } from '../load-plan.js';
import { bodyOf } from '../logical-write.js';

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
      await scene.load(repetitions, 16, { doors: ['amqp'] });
      const strangers = new AmqpSender(scene.world.brokerUrl, `${scene.prefix}ingest`, scene.sightings);
      for (const write of planWrites(random, { jobs: inventJobs(1), writes: STRANGERS, doors: ['amqp'] })) {
        if (!(await strangers.publish(write.routingKey, bodyOf(write)))) scene.fail('not confirmed');
      }
      await strangers.close();
      await delay(random.integer(0, 1_500));
      await submitJobs(url, token, scene.jobs);
      await scene.untilDrained();
      const admin = new AdminClient(url, await logIn(url, ADMIN));
      const letters = await admin.walk('/admin/dead-letters', 'dead_letters', 200);
      scene.figures['dead letters'] = letters.length;
      const others = letters.filter(({ reason }) => reason !== REASON);
      if (others.length > 0) scene.fail(`dead-lettered for another reason: ${JSON.stringify(others[0])}`);
      // On a slow machine some may have waited too long; then they are there, and nothing is lost.
      await admin.call(`/admin/dead-letters/replay?reason=${REASON}`, { method: 'POST' });
      const left = await scene.deadLetters();
      if (left !== STRANGERS) scene.fail(`${left} dead letters are left of ${STRANGERS} that nobody submitted`);
    });
  },
};

import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { HttpSender } from '../http-sender.js';
import type { JobEntries } from '../ledger.js';
import type { Sender } from '../sender.js';

const WRITES_PER_STOP = 250;

/**
 * Nothing that was handled is delivered again: results and logs are saved once each. What the broker had only sent on its way
 * when a consumer was cancelled it calls redelivered too, though nobody saw it; a message that is published at that very
 * moment can't be kept from it, so one a stop is allowed (it was dozens when every stop and every wider window took back all).
 * "A client error" is any request that was sent and got no answer: a connection that is refused outright is none, since the
 * address is free for a while.
 */
export const stoppedUnderLoad: FaultRow = {
  number: 14,
  title: 'SIGTERM under load',
  short: 2,
  full: 30,
  goals: { 'stop ms': 10_000 },
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest, settings: { LOG_LEVEL: 'info' } }, async (scene) => {
      const { ledger, instance } = scene;
      const keeping = new HttpSender(scene.urls, scene.sightings, { keepAlive: true });
      const { http, amqp } = scene.senders;
      const either: Sender = {
        send: (write, giveUp) => random.pick([http, keeping]).send(write, giveUp),
        close: () => Promise.resolve(),
      };
      const loading = scene.load(WRITES_PER_STOP * (repetitions + 1), 24, { senders: { http: either, amqp } });
      let redelivered = 0;
      const stop = async () => {
        redelivered += await instance.figure('tallyhouse_amqp_redeliveries_total');
        const since = performance.now();
        const code = await instance.end('SIGTERM');
        scene.longest('stop ms', performance.now() - since);
        if (code !== 0) scene.fail(`exit code ${code} after SIGTERM: ${instance.output().slice(-500)}`);
      };
      for (let turn = 0; turn < repetitions; turn++) {
        await ledger.until(WRITES_PER_STOP * turn + random.integer(20, WRITES_PER_STOP));
        await delay(random.integer(0, 50));
        await stop();
        await instance.start();
        await scene.untilReady('a stop');
      }
      await loading;
      await keeping.close();
      await scene.untilDrained();
      await stop();
      const saved = instance.output().split(/"(?:results|log files) saved"/).length - 1;
      await instance.start();
      scene.figures['redelivered'] = redelivered;
      if (redelivered > repetitions) scene.fail(`${redelivered} messages were redelivered`);
      const broken = Object.keys(scene.sightings.all()).filter((what) => what.startsWith('http broken'));
      if (broken.length > 0) scene.fail(`requests got no answer: ${broken.join(', ')}`);
      const expected = scene.ledger.jobs.reduce((sum, entries) => sum + savesOf(entries), 0);
      scene.figures['saved'] = saved;
      if (saved !== expected) scene.fail(`${expected} writes were saved ${saved} times`);
    }),
};

/** Results and logs; of task updates no line is written. */
function savesOf({ estimators, logs, finals }: JobEntries): number {
  const revisions = [...estimators.values()].reduce((sum, entries) => sum + entries.length, 0);
  return revisions + logs.size + finals.length;
}

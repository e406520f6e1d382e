import { gunzipSync } from 'node:zlib';
import { setTimeout as delay } from 'node:timers/promises';
import { call, logIn } from '../../support/client.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene, USER } from '../fault-scene.js';
import { HealthWatch } from '../health-watch.js';
import { largeWrite } from '../large-pages.js';
import { bodyOf, sha256 } from '../logical-write.js';
import { MemoryWatch, residentSetMB } from '../memory-watch.js';
import { StalledClient } from '../stalled-client.js';

const STORED_BYTES = 15_000_000;
const WRITES = 4;
/** Of a body, before its sender stalls: half of the senders are within what every body gets, half beyond it. */
const SENT_BYTES = [40_000, 1_000_000] as const;
const ENCODINGS = ['gzip', 'identity'] as const;
const CUT_OFF_MS = 45_000;

export const stalledClients: FaultRow = {
  number: 13,
  title: 'readers and senders that stall, so many of each',
  short: 60,
  full: 200,
  goals: { 'growth MB': 64, 'health p99 ms': 200 },
  run: ({ repetitions, random, ...rest }) =>
    // Memory as `npm start` sets it up.
    FaultScene.play({ repetitions, random, ...rest, jobs: 1, settings: { MALLOC_ARENA_MAX: '2' } }, async (scene) => {
      const { instance, jobs } = scene;
      const [job] = jobs;
      if (job === undefined) return;
      const writes = Array.from({ length: WRITES }, (_, n) =>
        largeWrite(random, STORED_BYTES, `dose_${n}`, job, 'http'),
      );
      await scene.loadPlan(1, [writes]);
      const token = await logIn(instance.url, USER);
      const path = `/results?job_id=${job.job_id}`;
      const whole = sha256((await call(instance.url + path, { token })).bytes.toString());
      const start = bodyOf(largeWrite(random, STORED_BYTES, 'dose_x', job, 'http')).toString('latin1');
      const idle = await residentSetMB(instance.pid);
      const memory = MemoryWatch.over(scene.instances);
      const health = HealthWatch.over(instance);
      const turns = Array.from({ length: repetitions }, (_, turn) => turn);
      const readers = await Promise.all(
        turns.map(async (turn) => {
          const encoding = ENCODINGS[turn % 2] ?? 'identity';
          const headers = { authorization: `Bearer ${token}`, 'accept-encoding': encoding };
          return { encoding, client: await StalledClient.reader(instance.url, path, headers) };
        }),
      );
      const senders = await Promise.all(
        turns.map((turn) =>
          StalledClient.sender(instance.url, '/results', start.slice(0, SENT_BYTES[turn % 2]), start.length),
        ),
      );
      await delay(repetitions < 100 ? 3_000 : 10_000);
      scene.figures['growth MB'] = (await memory.stop()) - idle;
      const { p99, failed } = await health.stop();
      scene.figures['health p99 ms'] = p99;
      if (failed > 0) scene.fail(`health did not answer ${failed} times`);
      // Who reads on gets the rest of what was promised.
      const [one, other] = readers;
      for (const reader of [one, other]) {
        if (reader === undefined) continue;
        const answer = await reader.client.rest();
        const body = answer.subarray(answer.indexOf('\r\n\r\n') + 4);
        const text = reader.encoding === 'gzip' ? gunzipSync(body) : body;
        if (sha256(text.toString()) !== whole)
          scene.fail(`a reader of ${reader.encoding} got another body after its stall`);
      }
      if (repetitions >= 100) await expectCutOff(scene, senders);
      for (const { client } of readers) client.leave();
      for (const sender of senders) sender.leave();
    }),
};

/** A sender that stalls is told so, and its connection ends. */
async function expectCutOff(scene: FaultScene, senders: readonly StalledClient[]): Promise<void> {
  const since = performance.now();
  const late = delay(CUT_OFF_MS, undefined, { ref: false });
  const answers = await Promise.race([Promise.all(senders.map((sender) => sender.rest())), late]);
  if (answers === undefined) scene.fail('senders that stall are not cut off');
  const statuses = new Map<string, number>();
  for (const answer of answers ?? []) {
    const status = answer.toString('latin1', 9, 12);
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    // What has no room is told to come again.
    if (status !== '408' && status !== '503') scene.fail(`a sender that stalled was answered ${status}`);
  }
  scene.longest('cut off ms', performance.now() - since);
  for (const [status, count] of statuses) scene.figures[`senders answered ${status}`] = count;
}

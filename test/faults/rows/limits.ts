import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { type Delivery, LimitsRun } from '../limits/limits-run.js';
import type { WorkerLimit } from '../limits/limit.js';
import { logLimits } from '../limits/log-limits.js';
import { resultsLimits } from '../limits/results-limits.js';
import type { Encoding } from '../limits/sized-body.js';
import { sizeLimits, type SizeSettings } from '../limits/size-limits.js';
import { taskLimits } from '../limits/task-limits.js';
import { userLimits } from '../limits/user-limits.js';
import type { Door, FaultJob } from '../logical-write.js';

const MIB = 1024 * 1024;
/** As it ships, and small enough to be quick. */
const AS_SHIPPED: SizeSettings = { isFull: true, maxBodyBytes: 1024 * MIB, maxMessageBytes: 16 * MIB };
const SMALL: SizeSettings = { isFull: false, maxBodyBytes: 17 * MIB, maxMessageBytes: 2 * MIB };
const DOORS: readonly Door[] = ['http', 'amqp'];

export const limits: FaultRow = {
  number: 11,
  title: 'one byte under and over every limit, through both doors',
  // Once: with small limits for whole bodies, every other one compressed. Twice: as it ships, each body plain and compressed.
  short: 1,
  full: 2,
  run: ({ repetitions, ...rest }) => {
    const isFull = repetitions > 1;
    const sizes = isFull ? AS_SHIPPED : SMALL;
    const settings = { MAX_BODY_BYTES: `${sizes.maxBodyBytes}`, MAX_MESSAGE_BYTES: `${sizes.maxMessageBytes}` };
    const all = [...resultsLimits(isFull), ...taskLimits(), ...logLimits(isFull), ...sizeLimits(sizes)];
    const within = deliveries(all, 'within', isFull);
    // One for all that is refused, one that is read with limits, and one for each body that is accepted.
    const jobs = 2 + within.length;
    return FaultScene.play({ repetitions, ...rest, settings, jobs, tolerated: /^dead letters$/ }, async (scene) => {
      const [refusing, read, ...accepting] = scene.jobs as [FaultJob, FaultJob, ...FaultJob[]];
      const run = await LimitsRun.open(scene);
      try {
        await run.store(read);
        const asked = userLimits(read);
        await run.expectNothingStored(async () => {
          for (const delivery of deliveries(all, 'beyond', isFull)) await run.refuse(delivery, refusing);
          for (const limit of asked) for (const one of limit.beyond) await run.refuseUser(limit.name, one);
          await scene.untilDrained();
        });
        await run.expectLetters();
        for (const [index, delivery] of within.entries()) await run.accept(delivery, accepting[index] as FaultJob);
        for (const limit of asked) for (const one of limit.within) await run.acceptUser(limit.name, one);
        await scene.untilDrained();
        for (const [index, delivery] of within.entries()) await run.readBack(delivery, accepting[index] as FaultJob);
        scene.figures['limits'] = all.length + asked.length;
      } finally {
        await run.close();
      }
    });
  },
};

/** Every body through its doors; both plain and compressed, or by turns. */
function deliveries<K extends 'within' | 'beyond'>(
  all: readonly WorkerLimit[],
  kind: K,
  bothEncodings: boolean,
): Delivery<WorkerLimit[K][number]>[] {
  let turn = 0;
  const encodings = (): readonly Encoding[] => {
    if (bothEncodings) return ['identity', 'gzip'];
    return [turn++ % 2 === 0 ? 'gzip' : 'identity'];
  };
  const bodies = all.flatMap((limit) => limit[kind].map((sent) => ({ limit, sent })));
  return bodies.flatMap(({ limit, sent }) => {
    const routes = (limit.doors ?? DOORS).flatMap((door) => encodings().map((encoding) => ({ door, encoding })));
    // The other way round next time, so that neither door gets one encoding only.
    turn++;
    return routes.map((route) => ({ limit, sent, ...route }));
  });
}

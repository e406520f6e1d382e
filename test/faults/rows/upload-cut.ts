import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { planWrites } from '../load-plan.js';
import type { Door, FaultJob, LogicalWrite } from '../logical-write.js';
import { SeededRandom } from '../random.js';
import { pythonUploadClient } from '../uploads/python-upload-client.js';
import { typescriptUploadClient } from '../uploads/typescript-upload-client.js';
import { type UploadFault, UploadRoute } from '../uploads/upload-route.js';

/** By the doors that a client may use: with both it turns to the other. */
const DOORS: readonly (readonly Door[])[] = [['http'], ['amqp'], ['amqp', 'http']];
const WRITES_PER_FAULT = 2;
/** Some pages are a megabyte, so that there is a middle of an upload. */
const MOST_VALUES = 15_000;
/** Instead of a fault of the network the client is killed. */
const KILLED = 'killed';

const FAULTS: readonly (UploadFault | typeof KILLED)[] = [
  { name: 'upload reset', direction: 'up', after: (bytes) => ({ truncateAfter: bytes }) },
  { name: 'upload half open', direction: 'up', after: (bytes) => ({ heldAfter: bytes }) },
  KILLED,
  { name: 'answer reset', direction: 'down', after: (bytes) => ({ truncateAfter: bytes }) },
  { name: 'answer half open', direction: 'down', after: (bytes) => ({ heldAfter: bytes }) },
];

export const uploadCut: FaultRow = {
  number: 18,
  title: 'a worker client whose network dies in mid-upload, or which is killed there',
  short: 6,
  full: 50,
  run: ({ repetitions, random, ...rest }) => {
    const clients = [typescriptUploadClient, pythonUploadClient()].filter((client) => client !== undefined);
    const kinds = clients.flatMap((client) => DOORS.map((doors) => ({ client, doors })));
    const options = { repetitions, random, ...rest, jobs: kinds.length };
    return FaultScene.play(options, async (scene) => {
      const firstFault = random.integer(0, FAULTS.length - 1);
      // Each has numbers of its own, since they run side by side.
      const seeds = kinds.map(() => random.integer(0, 2 ** 31));
      const runs = kinds.map(async ({ client, doors }, index) => {
        const own = new SeededRandom(seeds[index] as number);
        const job = scene.jobs[index] as FaultJob;
        const route = await UploadRoute.open(scene, client, job, doors, own);
        const times = Math.ceil((repetitions - index) / kinds.length);
        const plan = planWrites(own, { jobs: [job], writes: times * WRITES_PER_FAULT, mostValues: MOST_VALUES });
        try {
          for (let time = 0; time < times; time++) {
            const fault = FAULTS[(firstFault + index + time * kinds.length) % FAULTS.length] as (typeof FAULTS)[number];
            const writes = Array.from({ length: WRITES_PER_FAULT }, () => plan.next().value as LogicalWrite);
            if (fault === KILLED) await route.killWithin(writes);
            else await route.sendThrough(fault, writes);
          }
        } finally {
          await route.close();
        }
      });
      const failed = (await Promise.allSettled(runs)).filter((run) => run.status === 'rejected');
      for (const { reason } of failed) scene.fail(String(reason));
      // Without Python's pika the other client is tested alone, and the figure tells.
      scene.figures['clients'] = clients.length;
    });
  },
};

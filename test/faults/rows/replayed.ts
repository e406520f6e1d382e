import { randomBytes } from 'node:crypto';
import { AdminClient, sql } from '../../support/admin.js';
import { logIn } from '../../support/client.js';
import { ADMIN } from '../../support/service.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene } from '../fault-scene.js';
import { planWrites } from '../load-plan.js';

const ADMINS = 4;

export const replayed: FaultRow = {
  number: 10,
  title: 'replay of dead letters, by several admins at once',
  short: 100,
  full: 1_000,
  run: ({ repetitions, random, ...rest }) =>
    FaultScene.play({ repetitions, random, ...rest }, async (scene) => {
      const update_key = randomBytes(32).toString('base64url');
      const jobs = scene.jobs.map((job) => ({ ...job, update_key }));
      const plan = planWrites(random, { jobs, writes: repetitions, doors: ['amqp'] });
      await scene.loadPlan(
        16,
        [...plan].map((write) => [write]),
      );
      await scene.untilDrained();
      const letters = await scene.deadLetters();
      if (letters !== repetitions) scene.fail(`${letters} dead letters of ${repetitions} messages with a wrong key`);
      // As if the simulations had been submitted with this key.
      const set = `UPDATE simulation SET update_key_hash = sha256(convert_to($1, 'UTF8'))`;
      await sql(scene.databaseUrl, set, [update_key]);
      const { url } = scene.instance;
      const admin = new AdminClient(url, await logIn(url, ADMIN));
      const counts = await Promise.all(Array.from({ length: ADMINS }, () => replayAll(admin)));
      const total = counts.reduce((sum, count) => sum + count, 0);
      scene.figures['replayed'] = total;
      if (total !== letters) scene.fail(`${letters} dead letters were replayed ${total} times`);
    }),
};

/** Replays until none is left; gives how many it replayed itself. */
async function replayAll(admin: AdminClient): Promise<number> {
  let replays = 0;
  for (;;) {
    const answer = await admin.call('/admin/dead-letters/replay?all=true', { method: 'POST' });
    const { replayed = 0, failed = [], remaining } = answer.json() as Partial<ReplayAnswer>;
    replays += replayed;
    if (replayed + failed.length === 0 && (remaining ?? 0) === 0) return replays;
  }
}

interface ReplayAnswer {
  readonly replayed: number;
  readonly failed: readonly unknown[];
  readonly remaining: number;
}

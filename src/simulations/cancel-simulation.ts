import type { Platform } from '../dispatch/domain/platform.js';
import type { Transaction } from '../prisma/database.js';
import { hasEnded, type JobState } from './domain/job-state.js';
import { noSuchJob } from './simulation-access.service.js';

/** How a simulation stood when its end was asked for. */
export interface Canceled {
  readonly state: JobState;
  readonly platform: Platform | null;
  /** Whether that changed anything. */
  readonly isCanceled: boolean;
}

/** Marks a simulation as cancelled, once. Throws `notFound` where it was deleted meanwhile. */
export async function cancelSimulation(
  tx: Transaction,
  id: number,
  when: 'whatever its state' | 'unless ended',
): Promise<Canceled> {
  const { rows } = await tx.query<{ state: JobState; platform: Platform | null }>(
    `SELECT s.platform, job_state(s, r, t) AS state
       FROM simulation s JOIN result_summary r ON r.simulation_id = s.id JOIN task_summary t ON t.simulation_id = s.id
      WHERE s.id = $1 FOR NO KEY UPDATE OF s`,
    [id],
  );
  const [found] = rows;
  if (found === undefined) throw noSuchJob();
  if (when === 'unless ended' && hasEnded(found.state)) return { ...found, isCanceled: false };
  const { rowCount } = await tx.query(
    `WITH canceled AS (UPDATE simulation SET canceled_at = now() WHERE id = $1 AND canceled_at IS NULL RETURNING id)
     UPDATE task_summary t SET version = t.version + 1 FROM canceled c WHERE t.simulation_id = c.id`,
    [id],
  );
  return { ...found, isCanceled: rowCount !== 0 };
}

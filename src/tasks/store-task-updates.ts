import { AppError } from '../errors/app-error.js';
import type { Queryable } from '../prisma/database.js';
import { foldTaskUpdates } from './domain/task-merge.js';
import type { TaskUpdate } from './domain/task-update.js';

/**
 * Merges updates, in any order and a task several times if need be, into the stored tasks of a simulation, by the same rule as `mergeTaskUpdates`, in
 * one statement: rows where nothing changes are not touched, and triggers keep the summary. The simulation is held
 * against deletion meanwhile. Throws `deletedSimulation` where it is gone.
 *
 * @returns how many tasks are new or changed
 */
export async function storeTaskUpdates(
  db: Queryable,
  simulationId: number,
  all: readonly TaskUpdate[],
): Promise<number> {
  const updates = foldTaskUpdates(all);
  const { rows } = await db.query<{ simulations: number; written: number }>(FOLD, [
    simulationId,
    updates.map(({ taskId }) => taskId),
    updates.map(({ state }) => state),
    updates.map(({ requestedPrimaries }) => requestedPrimaries),
    updates.map(({ simulatedPrimaries }) => simulatedPrimaries),
    updates.map(({ estimate }) => estimate?.seconds ?? null),
    updates.map(({ estimate }) => estimate?.atPrimaries ?? null),
    updates.map(({ startTime }) => isoOrNull(startTime)),
    updates.map(({ endTime }) => isoOrNull(endTime)),
  ]);
  const [outcome] = rows;
  if (outcome?.simulations !== 1) throw new AppError('deletedSimulation', 'The simulation was deleted');
  return outcome.written;
}

function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/** The estimate of the update with more primaries, the smaller at a tie. */
const BETTER_ESTIMATE = `(EXCLUDED.estimated_time IS NOT NULL AND (t.estimated_time IS NULL
  OR EXCLUDED.estimated_at_primaries > t.estimated_at_primaries
  OR (EXCLUDED.estimated_at_primaries = t.estimated_at_primaries AND EXCLUDED.estimated_time < t.estimated_time)))`;

/** GREATEST and LEAST pass over NULL, and the enum is declared in merge order. */
const FOLD = `
WITH held AS (
  SELECT id FROM simulation WHERE id = $1 FOR KEY SHARE
), written AS (
  INSERT INTO task AS t (simulation_id, task_id, state, requested_primaries, simulated_primaries,
                         estimated_time, estimated_at_primaries, start_time, end_time)
  SELECT held.id, u.* FROM held CROSS JOIN unnest($2::int[], $3::task_state[], $4::bigint[], $5::bigint[],
                                                  $6::bigint[], $7::bigint[], $8::timestamptz[], $9::timestamptz[]) AS u(task_id)
   ORDER BY u.task_id
      ON CONFLICT (simulation_id, task_id) DO UPDATE
     SET state = GREATEST(t.state, EXCLUDED.state),
         requested_primaries = GREATEST(t.requested_primaries, EXCLUDED.requested_primaries),
         simulated_primaries = GREATEST(t.simulated_primaries, EXCLUDED.simulated_primaries),
         estimated_time = CASE WHEN ${BETTER_ESTIMATE} THEN EXCLUDED.estimated_time ELSE t.estimated_time END,
         estimated_at_primaries =
           CASE WHEN ${BETTER_ESTIMATE} THEN EXCLUDED.estimated_at_primaries ELSE t.estimated_at_primaries END,
         start_time = LEAST(t.start_time, EXCLUDED.start_time),
         end_time = GREATEST(t.end_time, EXCLUDED.end_time),
         last_update_time = now()
   WHERE EXCLUDED.state > t.state
      OR EXCLUDED.requested_primaries > COALESCE(t.requested_primaries, -1)
      OR EXCLUDED.simulated_primaries > COALESCE(t.simulated_primaries, -1)
      OR ${BETTER_ESTIMATE}
      OR EXCLUDED.start_time < COALESCE(t.start_time, 'infinity')
      OR EXCLUDED.end_time > COALESCE(t.end_time, '-infinity')
  RETURNING 1
)
SELECT (SELECT count(*) FROM held)::int AS simulations, (SELECT count(*) FROM written)::int AS written`;

import { listValue, PreparedStatement, type Queryable } from '../prisma/database.js';
import { foldTaskUpdates } from './domain/task-merge.js';
import type { TaskUpdate } from './domain/task-update.js';

/** Updates of one simulation's tasks, in any order, a task several times if need be. */
export interface SimulationUpdates {
  readonly simulationId: number;
  readonly updates: readonly TaskUpdate[];
}

/**
 * Merges updates into the stored tasks of any number of simulations, by the same rule as `mergeTaskUpdates`, in one
 * statement: rows where nothing changes are not touched, and triggers keep the summaries. The simulations are held against
 * deletion meanwhile.
 *
 * @returns simulation → how many of its tasks are new or changed; one that is gone is not among them
 */
export async function storeTaskUpdates(
  db: Queryable,
  simulations: readonly SimulationUpdates[],
): Promise<ReadonlyMap<number, number>> {
  const updates = bySimulation(simulations);
  const values = [
    updates.map(({ simulationId }) => simulationId),
    updates.map(({ taskId }) => taskId),
    updates.map(({ state }) => state),
    updates.map(({ requestedPrimaries }) => requestedPrimaries),
    updates.map(({ simulatedPrimaries }) => simulatedPrimaries),
    updates.map(({ estimate }) => estimate?.seconds ?? null),
    updates.map(({ estimate }) => estimate?.atPrimaries ?? null),
    updates.map(({ startTime }) => isoOrNull(startTime)),
    updates.map(({ endTime }) => isoOrNull(endTime)),
    simulations.map(({ simulationId }) => simulationId),
  ];
  const { rows } = await db.query<{ id: number; written: number }>(FOLD.with(values));
  return new Map(rows.map(({ id, written }) => [id, written]));
}

/** One update a task, all simulations in one list. */
function bySimulation(simulations: readonly SimulationUpdates[]): (TaskUpdate & { readonly simulationId: number })[] {
  const grouped = new Map<number, TaskUpdate[]>();
  for (const { simulationId, updates } of simulations) {
    const known = grouped.get(simulationId);
    if (known === undefined) grouped.set(simulationId, [...updates]);
    else known.push(...updates);
  }
  return [...grouped].flatMap(([simulationId, updates]) =>
    foldTaskUpdates(updates).map((update) => ({ ...update, simulationId })),
  );
}

function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : new Date(milliseconds).toISOString();
}

/** The estimate of the update with more primaries, the smaller at a tie. */
const BETTER_ESTIMATE = `(EXCLUDED.estimated_time IS NOT NULL AND (t.estimated_time IS NULL
  OR EXCLUDED.estimated_at_primaries > t.estimated_at_primaries
  OR (EXCLUDED.estimated_at_primaries = t.estimated_at_primaries AND EXCLUDED.estimated_time < t.estimated_time)))`;

/** GREATEST and LEAST pass over NULL, and the enum is declared in merge order. Of lists side by side one hides the length of all. */
const FOLD = new PreparedStatement(
  'fold task updates',
  `WITH held AS (
  SELECT id FROM simulation WHERE id = ANY(${listValue(10, 'int')}) ORDER BY id FOR KEY SHARE
), written AS (
  INSERT INTO task AS t (simulation_id, task_id, state, requested_primaries, simulated_primaries,
                         estimated_time, estimated_at_primaries, start_time, end_time)
  SELECT u.* FROM unnest(${listValue(1, 'int')}, $2::int[], $3::task_state[], $4::bigint[], $5::bigint[],
                         $6::bigint[], $7::bigint[], $8::timestamptz[], $9::timestamptz[]) AS u(simulation_id, task_id)
   WHERE u.simulation_id IN (SELECT id FROM held)
   ORDER BY u.simulation_id, u.task_id
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
  RETURNING t.simulation_id
)
SELECT held.id, (SELECT count(*) FROM written w WHERE w.simulation_id = held.id)::int AS written FROM held`,
);

import { deletedSimulation } from '../errors/app-error.js';
import type { Queryable } from '../prisma/database.js';

/** The states of a whole job that have an effect when they are reported, in merge order: the highest seen wins. */
export const REPORTED_STATES = ['RUNNING', 'MERGING_QUEUED', 'MERGING_RUNNING', 'FAILED', 'CANCELED'] as const;
export type ReportedState = (typeof REPORTED_STATES)[number];

/**
 * Merges a reported state (the highest stays) and end (the latest stays) into a simulation. Where nothing changes
 * nothing is touched; else the version of the tasks moves, since the job's state is shown with them. Throws
 * `deletedSimulation` where the simulation is gone.
 *
 * @param endTime epoch milliseconds, or null where none was reported
 */
export async function reportJob(
  db: Queryable,
  simulationId: number,
  state: ReportedState,
  endTime: number | null,
): Promise<void> {
  const { rows } = await db.query<{ is_there: boolean }>(
    `WITH alive AS (
       SELECT id FROM simulation WHERE id = $1 FOR NO KEY UPDATE
     ), reported AS (
       UPDATE simulation s
          SET reported_state = GREATEST(s.reported_state, $2::job_report),
              reported_end_time = GREATEST(s.reported_end_time, $3::timestamptz)
         FROM alive
        WHERE s.id = alive.id
          AND (s.reported_state, s.reported_end_time) IS DISTINCT FROM
              (GREATEST(s.reported_state, $2::job_report), GREATEST(s.reported_end_time, $3::timestamptz))
       RETURNING s.id
     ), bumped AS (
       UPDATE task_summary t SET version = t.version + 1 FROM reported WHERE t.simulation_id = reported.id
     )
     SELECT EXISTS (SELECT FROM alive) AS is_there`,
    [simulationId, state, endTime === null ? null : new Date(endTime).toISOString()],
  );
  if (rows[0]?.is_there !== true) throw deletedSimulation(simulationId);
}

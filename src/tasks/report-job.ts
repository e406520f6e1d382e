import { deletedSimulation } from '../errors/app-error.js';
import type { Queryable } from '../prisma/database.js';

/** The states of a whole job that have an effect when they are reported, in merge order: the highest seen wins. */
export const REPORTED_STATES = ['RUNNING', 'MERGING_QUEUED', 'MERGING_RUNNING', 'FAILED', 'CANCELED'] as const;
export type ReportedState = (typeof REPORTED_STATES)[number];

/** What a worker says of a whole job; null where it says nothing. */
export interface JobReport {
  readonly state: ReportedState | null;
  /** Epoch milliseconds. */
  readonly endTime: number | null;
  /** What it says of its batch jobs on a cluster, as sent. */
  readonly jobDir: string | null;
  readonly arrayId: string | null;
  readonly collectId: string | null;
}

/**
 * Merges a report into a simulation: the highest state and the latest end stay, and the last that was said of its batch jobs. Where
 * nothing changes nothing is touched. Where state or end do, the version of the tasks moves, since the job's state is shown with
 * them. Throws `deletedSimulation` where the simulation is gone.
 */
export async function reportJob(db: Queryable, simulationId: number, report: JobReport): Promise<void> {
  const { rows } = await db.query<{ is_there: boolean }>(
    `WITH alive AS (
       SELECT s.id, GREATEST(s.reported_state, $2::job_report) AS state, GREATEST(s.reported_end_time, $3::timestamptz) AS end_time,
              (s.reported_state, s.reported_end_time) IS DISTINCT FROM
              (GREATEST(s.reported_state, $2::job_report), GREATEST(s.reported_end_time, $3::timestamptz)) AS moves
         FROM simulation s WHERE s.id = $1 FOR NO KEY UPDATE
     ), reported AS (
       UPDATE simulation s
          SET reported_state = alive.state, reported_end_time = alive.end_time,
              batch_job_dir = COALESCE($4, s.batch_job_dir), batch_array_id = COALESCE($5, s.batch_array_id),
              batch_collect_id = COALESCE($6, s.batch_collect_id)
         FROM alive
        WHERE s.id = alive.id
          AND (alive.moves OR (s.batch_job_dir, s.batch_array_id, s.batch_collect_id) IS DISTINCT FROM
               (COALESCE($4, s.batch_job_dir), COALESCE($5, s.batch_array_id), COALESCE($6, s.batch_collect_id)))
     ), bumped AS (
       UPDATE task_summary t SET version = t.version + 1 FROM alive WHERE t.simulation_id = alive.id AND alive.moves
     )
     SELECT EXISTS (SELECT FROM alive) AS is_there`,
    [
      simulationId,
      report.state,
      report.endTime === null ? null : new Date(report.endTime).toISOString(),
      report.jobDir,
      report.arrayId,
      report.collectId,
    ],
  );
  if (rows[0]?.is_there !== true) throw deletedSimulation(simulationId);
}

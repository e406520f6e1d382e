import type { Queryable } from '../prisma/database.js';

/** The states that a job can be in; UNKNOWN only where it was imported. */
export const JOB_STATES = [
  'PENDING',
  'RUNNING',
  'MERGING_QUEUED',
  'MERGING_RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'UNKNOWN',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A simulation as a list shows it. */
export interface ListedSimulation {
  readonly id: number;
  readonly job_id: string;
  readonly title: string;
  readonly sim_type: string;
  readonly input_type: 'editor' | 'files';
  readonly job_state: JobState;
  readonly ntasks: number;
  readonly created_at: Date;
  /** The earliest start that a task reported. */
  readonly start_time: Date | null;
  /** Of a job that has ended: the latest end that was reported, else when it was made final. */
  readonly end_time: Date | null;
}

/** A part of one owner's simulations, newest first. */
export interface ListRequest {
  readonly ownerId: number;
  readonly limit: number;
  /** Only simulations with a smaller number. */
  readonly before: number | undefined;
  readonly states: readonly JobState[] | undefined;
}

/** Lists simulations from one index range; their states come from summaries, never from counting tasks. */
export async function listSimulations(db: Queryable, request: ListRequest): Promise<ListedSimulation[]> {
  const { rows } = await db.query<ListedSimulation>(
    `SELECT id, job_id, title, sim_type, input_type, job_state, ntasks, created_at, start_time,
            CASE WHEN job_state IN ('COMPLETED', 'FAILED', 'CANCELED')
                 THEN COALESCE(GREATEST(reported_end_time, task_end_time), final_at, canceled_at) END AS end_time
       FROM (SELECT s.id, s.job_id, s.title, s.sim_type, s.input_type, s.ntasks, s.created_at, s.reported_end_time, s.canceled_at,
                    t.start_time, t.end_time AS task_end_time, r.final_at, job_state(s, r, t) AS job_state
               FROM simulation s
               JOIN result_summary r ON r.simulation_id = s.id
               JOIN task_summary t ON t.simulation_id = s.id
              WHERE s.owner_id = $1 AND ($2::int IS NULL OR s.id < $2)
              ORDER BY s.id DESC) listed
      WHERE $3::text[] IS NULL OR job_state = ANY($3)
      ORDER BY id DESC LIMIT $4`,
    [request.ownerId, request.before ?? null, request.states ?? null, request.limit],
  );
  return rows;
}

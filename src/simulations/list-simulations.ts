import type { Queryable } from '../prisma/database.js';
import type { JobState } from './domain/job-state.js';

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
    `SELECT *
       FROM (SELECT s.id, s.job_id, s.title, s.sim_type, s.input_type, s.ntasks, s.created_at, t.start_time,
                    job_end_time(s, r, t) AS end_time, job_state(s, r, t) AS job_state
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

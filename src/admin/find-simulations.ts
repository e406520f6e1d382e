import type { Queryable } from '../prisma/database.js';
import type { JobState } from '../simulations/domain/job-state.js';

/** A part of the simulations of all users, newest first; what is undefined does not matter. */
export interface SimulationsRequest {
  readonly limit: number;
  /** Only simulations with a smaller number. */
  readonly before: number | undefined;
  /** The owner, exactly. */
  readonly username: string | undefined;
  readonly states: readonly JobState[] | undefined;
  readonly simType: string | undefined;
  readonly inputType: string | undefined;
  /** Parts, in any case. */
  readonly title: string | undefined;
  readonly jobId: string | undefined;
}

/** A simulation as the list of all shows it. */
export interface FoundSimulation {
  readonly id: number;
  readonly job_id: string;
  readonly title: string;
  readonly user_id: number;
  readonly username: string;
  readonly sim_type: string;
  readonly input_type: 'editor' | 'files';
  readonly job_state: JobState;
  readonly ntasks: number;
  readonly created_at: Date;
  readonly start_time: Date | null;
  readonly end_time: Date | null;
  /** Of results, logs and input, compressed. */
  readonly stored_bytes: string;
}

/** Finds simulations; bytes are summed only for those that are returned, one index range each. */
export async function findSimulations(db: Queryable, request: SimulationsRequest): Promise<FoundSimulation[]> {
  const { rows } = await db.query<FoundSimulation>(
    `SELECT f.*, f.input_stored_bytes
                 + (SELECT coalesce(sum(stored_bytes), 0) FROM page WHERE simulation_id = f.id)
                 + (SELECT coalesce(sum(stored_bytes), 0) FROM log_file WHERE simulation_id = f.id) AS stored_bytes
       FROM (SELECT *
               FROM (SELECT s.id, s.job_id, s.title, s.owner_id AS user_id, u.username, s.sim_type, s.input_type, s.ntasks,
                            s.created_at, s.input_stored_bytes, t.start_time, job_end_time(s, r, t) AS end_time,
                            job_state(s, r, t) AS job_state
                       FROM simulation s
                       JOIN "user" u ON u.id = s.owner_id
                       JOIN result_summary r ON r.simulation_id = s.id
                       JOIN task_summary t ON t.simulation_id = s.id
                      WHERE ($1::int IS NULL OR s.id < $1) AND ($2::text IS NULL OR u.username = $2)
                        AND ($3::text IS NULL OR s.sim_type = $3) AND ($4::input_type IS NULL OR s.input_type = $4)
                        AND ($5::text IS NULL OR strpos(lower(s.title), lower($5)) > 0)
                        AND ($6::text IS NULL OR strpos(lower(s.job_id), lower($6)) > 0)) each
              WHERE $7::text[] IS NULL OR job_state = ANY($7)
              ORDER BY id DESC LIMIT $8) f
      ORDER BY f.id DESC`,
    [
      request.before ?? null,
      request.username ?? null,
      request.simType ?? null,
      request.inputType ?? null,
      request.title ?? null,
      request.jobId ?? null,
      request.states ?? null,
      request.limit,
    ],
  );
  return rows;
}

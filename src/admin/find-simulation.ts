import type { Queryable } from '../prisma/database.js';
import type { FoundSimulation } from './find-simulations.js';

/** One simulation with what is stored of it. Sums of bytes come as decimal text. */
export interface FoundSimulationDetail extends FoundSimulation {
  readonly platform: 'DIRECT' | 'BATCH' | null;
  /** A JSON object as sent. */
  readonly batch_options: string | null;
  readonly reported_state: string | null;
  readonly canceled_at: Date | null;
  readonly batch_job_dir: string | null;
  readonly batch_array_id: string | null;
  readonly batch_collect_id: string | null;
  readonly final_at: Date | null;
  readonly estimators: number;
  readonly pages: number;
  readonly pages_total: number | null;
  readonly log_files: number;
  readonly pending: number;
  readonly running: number;
  readonly canceled: number;
  readonly failed: number;
  readonly completed: number;
  readonly results_stored: string;
  readonly results_raw: string;
  readonly logs_stored: string;
  readonly logs_raw: string;
  readonly input_stored: string;
  readonly input_raw: string;
}

/** Finds one simulation in one statement; undefined where there is none. */
export async function findSimulation(db: Queryable, jobId: string): Promise<FoundSimulationDetail | undefined> {
  const { rows } = await db.query<FoundSimulationDetail>(
    `SELECT s.id, s.job_id, s.title, s.owner_id AS user_id, u.username, s.sim_type, s.input_type, s.ntasks, s.created_at,
            t.start_time, job_end_time(s, r, t) AS end_time, job_state(s, r, t) AS job_state,
            s.platform, s.batch_options, s.reported_state, s.canceled_at, s.batch_job_dir, s.batch_array_id, s.batch_collect_id,
            r.final_at, r.estimators, r.pages, r.pages_total, l.log_files,
            t.pending, t.running, t.canceled, t.failed, t.completed, p.results_stored, p.results_raw,
            l.logs_stored, l.logs_raw, s.input_stored_bytes AS input_stored, s.input_raw_bytes AS input_raw,
            p.results_stored + l.logs_stored + s.input_stored_bytes AS stored_bytes
       FROM simulation s
       JOIN "user" u ON u.id = s.owner_id
       JOIN result_summary r ON r.simulation_id = s.id
       JOIN task_summary t ON t.simulation_id = s.id
      CROSS JOIN LATERAL (SELECT coalesce(sum(stored_bytes), 0) AS results_stored, coalesce(sum(raw_bytes), 0) AS results_raw
                            FROM page WHERE simulation_id = s.id) p
      CROSS JOIN LATERAL (SELECT count(*)::int AS log_files, coalesce(sum(stored_bytes), 0) AS logs_stored,
                                 coalesce(sum(raw_bytes), 0) AS logs_raw
                            FROM log_file WHERE simulation_id = s.id) l
      WHERE s.job_id = $1`,
    [jobId],
  );
  return rows[0];
}

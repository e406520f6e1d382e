import { AppError } from '../errors/app-error.js';
import type { Transaction } from '../prisma/database.js';
import { hasEnded, type JobState } from './domain/job-state.js';

/**
 * Throws `forbidden` where a simulation has not ended. Until the transaction is over nothing can change that: all who write
 * to a simulation lock its row, and the state is read behind that lock. One that is gone passes.
 */
export async function requireEnded(tx: Transaction, simulationId: number): Promise<void> {
  await tx.query('SELECT FROM simulation WHERE id = $1 FOR UPDATE', [simulationId]);
  const { rows } = await tx.query<{ job_state: JobState }>(
    `SELECT job_state(s, r, t) AS job_state
       FROM simulation s
       JOIN result_summary r ON r.simulation_id = s.id
       JOIN task_summary t ON t.simulation_id = s.id
      WHERE s.id = $1`,
    [simulationId],
  );
  const [row] = rows;
  if (row === undefined || hasEnded(row.job_state)) return;
  throw new AppError(
    'forbidden',
    `The simulation is ${row.job_state}: only one that has ended can be deleted, cancel it first`,
  );
}

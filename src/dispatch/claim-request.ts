import type { Transaction } from '../prisma/database.js';
import type { Platform } from './domain/platform.js';

/** A row of the outbox with what its messages need; the latter is null of a deleted simulation. */
export interface ClaimedRequest {
  readonly id: string;
  readonly event: 'requested' | 'canceled';
  readonly simulation_id: number;
  readonly job_id: string;
  readonly update_key: string;
  /** Messages that were confirmed before. */
  readonly published: number;
  /** Cancelled or deleted: no more tasks of it are handed out. */
  readonly is_over: boolean;
  readonly ntasks: number;
  readonly title: string;
  readonly sim_type: string;
  readonly input_type: 'editor' | 'files';
  readonly platform: Platform;
  readonly batch_options: string | null;
  readonly input_payload_id: string;
  readonly input_raw_bytes: string;
}

/**
 * The next row that no other relay holds, locked until the transaction ends; cancellations first.
 *
 * @param postponed numbers of rows that are left out
 */
export async function claimRequest(tx: Transaction, postponed: readonly string[]): Promise<ClaimedRequest | undefined> {
  const { rows } = await tx.query<ClaimedRequest>(
    `SELECT q.id, q.event, q.simulation_id, q.job_id, q.update_key, q.published,
            s.id IS NULL OR s.canceled_at IS NOT NULL AS is_over,
            s.ntasks, s.title, s.sim_type, s.input_type, s.platform, s.batch_options, s.input_payload_id,
            s.input_raw_bytes
       FROM task_request q LEFT JOIN simulation s ON s.id = q.simulation_id
      WHERE q.id <> ALL($1::bigint[])
      ORDER BY q.event DESC, q.id LIMIT 1 FOR UPDATE OF q SKIP LOCKED`,
    [postponed],
  );
  return rows[0];
}

/** Remembers how far a row has come; one that is through is removed. */
export async function settleRequest(tx: Transaction, id: string, published: number, isThrough: boolean): Promise<void> {
  if (isThrough) await tx.query('DELETE FROM task_request WHERE id = $1', [id]);
  else await tx.query('UPDATE task_request SET published = $2 WHERE id = $1', [id, published]);
}

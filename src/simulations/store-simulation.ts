import { insertPayloads, sizeOf, takePayloadIds } from '../payload/payload-store.js';
import type { PayloadSpool, SpooledPayload } from '../payload/payload-spool.js';
import type { Platform } from '../dispatch/domain/platform.js';
import type { Transaction } from '../prisma/database.js';

/** A simulation as it is registered. */
export interface NewSimulation {
  readonly jobId: string;
  readonly ownerId: number;
  readonly title: string;
  readonly simType: string;
  readonly inputType: 'editor' | 'files';
  readonly ntasks: number;
  readonly updateKeyHash: Buffer;
  readonly requestDigest: Buffer | null;
  /** Primaries that the input asks for, where it tells. */
  readonly requestedPrimaries: number | null;
  readonly input: SpooledPayload;
  /** Where its tasks are handed out; null where its submitter runs it. */
  readonly platform: Platform | null;
  readonly batchOptions: string | null;
}

/**
 * Registers a simulation with its input and empty summaries.
 *
 * @returns its number, or undefined where the job_id is or was taken
 */
export async function insertSimulation(
  tx: Transaction,
  simulation: NewSimulation,
  spool: PayloadSpool,
): Promise<number | undefined> {
  const [payloadId] = await takePayloadIds(tx, 1);
  const size = sizeOf(simulation.input);
  const { rows } = await tx.query<{ id: number }>(
    `INSERT INTO simulation (job_id, owner_id, title, sim_type, input_type, ntasks, update_key_hash, request_digest,
                             input_payload_id, input_blocks, input_stored_bytes, input_raw_bytes, requested_primaries,
                             platform, batch_options)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
     ON CONFLICT (job_id) DO NOTHING RETURNING id`,
    [
      simulation.jobId,
      simulation.ownerId,
      simulation.title,
      simulation.simType,
      simulation.inputType,
      simulation.ntasks,
      simulation.updateKeyHash,
      simulation.requestDigest,
      payloadId,
      size.blocks,
      size.storedBytes,
      size.rawBytes,
      simulation.requestedPrimaries,
      simulation.platform,
      simulation.batchOptions,
    ],
  );
  const id = rows[0]?.id;
  if (id === undefined || payloadId === undefined) return undefined;
  // Asked behind the insert, which may have waited for a deletion of this very job_id to commit.
  const { rowCount: deleted } = await tx.query('SELECT 1 FROM deleted_job WHERE job_id = $1', [simulation.jobId]);
  if (deleted !== 0) return undefined;
  await insertPayloads(tx, id, [{ payloadId, payload: simulation.input }], spool);
  for (const table of ['result_summary', 'task_summary', 'log_summary']) {
    await tx.query(`INSERT INTO ${table} (simulation_id) VALUES ($1)`, [id]);
  }
  return id;
}

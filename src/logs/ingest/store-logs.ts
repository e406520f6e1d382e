import { deletedSimulation } from '../../errors/app-error.js';
import { insertPayloads, sizeOf, supersedePayloads, takePayloadIds } from '../../payload/payload-store.js';
import type { PayloadSpool } from '../../payload/payload-spool.js';
import type { Transaction } from '../../prisma/database.js';
import type { ParsedLog } from './logs-reader.js';

/**
 * Upserts log files by name within `tx`: a text that is there already is not written again, another one is replaced.
 * Writers of one simulation's logs come one after the other. Throws `deletedSimulation` where it is gone.
 *
 * @returns how many files changed
 */
export async function storeLogs(
  tx: Transaction,
  simulationId: number,
  logs: readonly ParsedLog[],
  spool: PayloadSpool,
): Promise<number> {
  const { rowCount } = await tx.query(
    `SELECT 1 FROM simulation s JOIN log_summary l ON l.simulation_id = s.id WHERE s.id = $1 FOR UPDATE OF l FOR KEY SHARE OF s`,
    [simulationId],
  );
  if (rowCount === 0) throw deletedSimulation(simulationId);
  const ids = await takePayloadIds(tx, logs.length);
  const byPayload = new Map(logs.map((log, index) => [String(ids[index]), log]));
  const written = await upsertLogs(tx, simulationId, byPayload);
  if (written.length === 0) return 0;
  const payloads = written.map(({ payload_id }) => ({
    payloadId: Number(payload_id),
    payload: (byPayload.get(payload_id) as ParsedLog).payload,
  }));
  await insertPayloads(tx, simulationId, payloads, spool);
  await supersedePayloads(
    tx,
    simulationId,
    written.flatMap(({ replaced_payload_id }) => replaced_payload_id ?? []),
  );
  await tx.query('UPDATE log_summary SET version = version + 1 WHERE simulation_id = $1', [simulationId]);
  return written.length;
}

interface WrittenLog {
  readonly payload_id: string;
  readonly replaced_payload_id: string | null;
}

async function upsertLogs(
  tx: Transaction,
  simulationId: number,
  logs: ReadonlyMap<string, ParsedLog>,
): Promise<WrittenLog[]> {
  const sizes = [...logs.values()].map((log) => sizeOf(log.payload));
  const { rows } = await tx.query<WrittenLog>(
    `WITH incoming AS (
       SELECT * FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::int[], $6::int[], $7::bigint[], $8::bigint[])
         AS t(name, digest, payload_id, blocks, streams, stored_bytes, raw_bytes)
     ), existing AS (
       SELECT f.name, f.payload_id FROM incoming i JOIN log_file f ON f.simulation_id = $1 AND f.name = i.name
     ), written AS (
       INSERT INTO log_file AS f (simulation_id, name, digest, payload_id, blocks, streams, stored_bytes, raw_bytes)
       SELECT $1, name, digest, payload_id, blocks, streams, stored_bytes, raw_bytes FROM incoming
           ON CONFLICT (simulation_id, name) DO UPDATE
          SET (digest, payload_id, blocks, streams, stored_bytes, raw_bytes) =
              (EXCLUDED.digest, EXCLUDED.payload_id, EXCLUDED.blocks, EXCLUDED.streams, EXCLUDED.stored_bytes, EXCLUDED.raw_bytes)
        WHERE f.digest <> EXCLUDED.digest
       RETURNING name, payload_id
     )
     SELECT w.payload_id, e.payload_id AS replaced_payload_id FROM written w LEFT JOIN existing e USING (name) ORDER BY w.payload_id`,
    [
      simulationId,
      [...logs.values()].map((log) => log.name),
      [...logs.values()].map((log) => log.digest),
      [...logs.keys()],
      sizes.map((size) => size.blocks),
      sizes.map((size) => size.streams),
      sizes.map((size) => size.storedBytes),
      sizes.map((size) => size.rawBytes),
    ],
  );
  return rows;
}

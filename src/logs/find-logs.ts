import type { StoredPayload } from '../payload/payload-store.js';
import type { Queryable } from '../prisma/database.js';
import { versionOf, withSummaries } from '../simulations/simulation-access.service.js';

/** A stored log file: its payload is a JSON string literal. */
export interface StoredLog {
  readonly name: string;
  readonly payload: StoredPayload;
}

interface Row {
  readonly version: string;
  readonly name: string | null;
  readonly payload_id: string;
  readonly blocks: number;
  readonly streams: number;
  readonly stored_bytes: string;
  readonly raw_bytes: string;
}

/** A simulation's log files by name, of one snapshot with their version; undefined where the simulation is gone. */
export async function findLogs(
  db: Queryable,
  simulationId: number,
): Promise<{ version: string; logs: StoredLog[] } | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT ${versionOf('logs')} AS version, f.name, f.payload_id, f.blocks, f.streams, f.stored_bytes, f.raw_bytes
       ${withSummaries('logs')} LEFT JOIN log_file f ON f.simulation_id = s.id
      WHERE s.id = $1 ORDER BY f.name`,
    [simulationId],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  const logs = rows.flatMap((row) => {
    if (row.name === null) return [];
    const { blocks, streams } = row;
    const bytes = { storedBytes: Number(row.stored_bytes), rawBytes: Number(row.raw_bytes) };
    return [
      { name: row.name, payload: { simulationId, payloadId: Number(row.payload_id), blocks, streams, ...bytes } },
    ];
  });
  return { version: first.version, logs };
}

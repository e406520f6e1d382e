import type { Queryable, Transaction } from '../prisma/database.js';
import type { PayloadSpool, SpooledPayload, SpooledStream } from './payload-spool.js';

/** How large a payload is: its blocks and zlib streams, and their bytes as stored and inflated. */
export interface PayloadSize {
  readonly blocks: number;
  readonly streams: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
}

/** A stored payload, by the simulation and number under which its blocks lie. */
export interface StoredPayload extends PayloadSize {
  readonly simulationId: number;
  readonly payloadId: bigint;
}

/** The columns of a block: the body, then the axes. */
export const PART_COLUMNS = ['body', 'axis1', 'axis2', 'axis3'] as const;

export function sizeOf(payload: SpooledPayload): PayloadSize {
  const streams = payload.parts.flat();
  return {
    blocks: Math.max(0, ...payload.parts.map((part) => part.length)),
    streams: streams.length,
    storedBytes: streams.reduce((sum, stream) => sum + stream.slice.length, 0),
    rawBytes: streams.reduce((sum, stream) => sum + stream.rawLength, 0),
  };
}

/** Fresh payload numbers, ascending. */
export async function takePayloadIds(tx: Queryable, count: number): Promise<bigint[]> {
  const { rows } = await tx.query<{ id: string }>(
    "SELECT nextval('payload_id_seq') AS id FROM generate_series(1, $1::int)",
    [count],
  );
  return rows.map((row) => BigInt(row.id)).sort((a, b) => (a < b ? -1 : 1));
}

/** Rows and bytes of one INSERT: few round trips, and nothing large in flight. */
const MAX_ROWS = 256;
const STATEMENT_BYTES = 2 * 1024 * 1024;

/** Writes the blocks of payloads in statements of bounded size. */
export async function insertPayloads(
  tx: Transaction,
  simulationId: number,
  payloads: readonly { readonly payloadId: bigint; readonly payload: SpooledPayload }[],
  spool: PayloadSpool,
): Promise<void> {
  let rows: unknown[][] = [];
  let bytes = 0;
  for (const { payloadId, payload } of payloads) {
    for (let block = 0; block < sizeOf(payload).blocks; block++) {
      const streams = payload.parts.map((part) => part[block]);
      rows.push(await blockRow(simulationId, payloadId, block, streams, spool));
      bytes += streams.reduce((sum, stream) => sum + (stream?.slice.length ?? 0), 0);
      if (rows.length === MAX_ROWS || bytes > STATEMENT_BYTES) {
        await insertRows(tx, rows);
        rows = [];
        bytes = 0;
      }
    }
  }
  if (rows.length > 0) await insertRows(tx, rows);
}

async function blockRow(
  simulationId: number,
  payloadId: bigint,
  block: number,
  streams: readonly (SpooledStream | undefined)[],
  spool: PayloadSpool,
): Promise<unknown[]> {
  const bytes = await Promise.all(
    PART_COLUMNS.map(async (_, part) => {
      const stream = streams[part];
      return stream === undefined ? null : spool.read(stream);
    }),
  );
  const rawLengths = streams.map((stream) => stream?.rawLength ?? 0);
  const checksums = streams.map((stream) => stream?.crc32 ?? 0);
  return [simulationId, payloadId, block, ...bytes, rawLengths, checksums];
}

async function insertRows(tx: Transaction, rows: readonly unknown[][]): Promise<void> {
  let parameter = 0;
  const tuples = rows.map((row) => `(${row.map(() => `$${++parameter}`).join(',')})`).join(',');
  await tx.query(
    `INSERT INTO payload_block (simulation_id, payload_id, block, body, axis1, axis2, axis3, raw_len, crc32) VALUES ${tuples}`,
    rows.flat(),
  );
}

/** Marks payloads as replaced; they are purged once no response can be reading them any more. */
export async function supersedePayloads(
  tx: Transaction,
  simulationId: number,
  payloadIds: readonly (bigint | string)[],
): Promise<void> {
  if (payloadIds.length === 0) return;
  await tx.query(
    'INSERT INTO superseded_payload (simulation_id, payload_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING',
    [simulationId, payloadIds],
  );
}

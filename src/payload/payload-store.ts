import { int4Array, int8Array } from '../prisma/binary-array.js';
import { type BinaryValue, copyIn } from '../prisma/copy-in.js';
import { PreparedStatement, type Queryable, type Transaction } from '../prisma/database.js';
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
  readonly payloadId: number;
}

/** The columns of a block: the body, then the axes. */
export const PART_COLUMNS = ['body', 'axis1', 'axis2', 'axis3'] as const;

export function sizeOf({ parts }: SpooledPayload): PayloadSize {
  const size = { blocks: 0, streams: 0, storedBytes: 0, rawBytes: 0 };
  for (const part of parts) {
    size.blocks = Math.max(size.blocks, part.length);
    size.streams += part.length;
    for (const { slice, rawLength } of part) {
      size.storedBytes += slice.length;
      size.rawBytes += rawLength;
    }
  }
  return size;
}

const TAKE_IDS = new PreparedStatement(
  'take payload numbers',
  "SELECT nextval('payload_id_seq') AS id FROM generate_series(1, $1::int)",
);

/** Fresh payload numbers, ascending. */
export async function takePayloadIds(tx: Queryable, count: number): Promise<number[]> {
  const { rows } = await tx.query<{ id: string }>(TAKE_IDS.with([count]));
  return rows.map((row) => Number(row.id)).sort((a, b) => a - b);
}

/** A payload on its way into the database, by the number that it was given. */
export interface NumberedPayload {
  readonly payloadId: number;
  readonly payload: SpooledPayload;
}

/** Writes the blocks of payloads, one behind the other, so that nothing large is in flight. */
export async function insertPayloads(
  tx: Transaction,
  simulationId: number,
  payloads: readonly NumberedPayload[],
  spool: PayloadSpool,
): Promise<void> {
  if (payloads.length === 0) return;
  await copyIn(tx, BLOCK_COLUMNS, blocksOf(simulationId, payloads, spool));
}

const BLOCK_COLUMNS = `payload_block (simulation_id, payload_id, block, ${PART_COLUMNS.join(', ')}, raw_len, crc32)`;

async function* blocksOf(
  simulationId: number,
  payloads: readonly NumberedPayload[],
  spool: PayloadSpool,
): AsyncGenerator<BinaryValue[]> {
  for (const { payloadId, payload } of payloads) {
    for (let block = 0; block < sizeOf(payload).blocks; block++) {
      const streams = payload.parts.map((part) => part[block]);
      const row: BinaryValue[] = [{ int4: simulationId }, { int8: payloadId }, { int4: block }];
      for (const part of PART_COLUMNS.keys()) row.push(await bytesOf(streams[part], spool));
      row.push([int4Array(streams.map((stream) => stream?.rawLength ?? 0))]);
      row.push([int8Array(streams.map((stream) => stream?.crc32 ?? 0))]);
      yield row;
    }
  }
}

async function bytesOf(stream: SpooledStream | undefined, spool: PayloadSpool): Promise<BinaryValue> {
  return stream === undefined ? null : spool.read(stream);
}

/** Marks payloads as replaced; they are purged once no response can be reading them any more. */
export async function supersedePayloads(
  tx: Transaction,
  simulationId: number,
  payloadIds: readonly (number | string)[],
): Promise<void> {
  if (payloadIds.length === 0) return;
  await tx.query(
    'INSERT INTO superseded_payload (simulation_id, payload_id) SELECT $1, unnest($2::bigint[]) ON CONFLICT DO NOTHING',
    [simulationId, payloadIds],
  );
}

import { copyIn, type CopyRows, rowsOf } from '../prisma/copy-in.js';
import type { Copy } from '../prisma/copy-query.js';
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
  "SELECT json_agg(nextval('payload_id_seq')) AS ids FROM generate_series(1, $1::int)",
);

/** Fresh payload numbers, ascending; as one list, since to take many rows apart costs more. */
export async function takePayloadIds(tx: Queryable, count: number): Promise<readonly number[]> {
  const { rows } = await tx.query<{ ids: number[] | null }>(TAKE_IDS.with([count]));
  return rows[0]?.ids ?? [];
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
  await copyIn(tx, [blockRows(simulationId, payloads, spool)]);
}

/** The same for who copies more than that. */
export function blockRows(simulationId: number, payloads: readonly NumberedPayload[], spool: PayloadSpool): Copy {
  return rowsOf(BLOCK_COLUMNS, blocksOf(payloads), (rows, block) => writeBlock(rows, simulationId, block, spool));
}

const BLOCK_COLUMNS = `payload_block (simulation_id, payload_id, block, ${PART_COLUMNS.join(', ')}, raw_len, crc32)`;
const COLUMNS = 3 + PART_COLUMNS.length + 2;

/** One block of a payload: a stream of each part that goes on so far. */
interface Block {
  readonly payloadId: number;
  readonly block: number;
  readonly streams: readonly (SpooledStream | undefined)[];
}

function* blocksOf(payloads: readonly NumberedPayload[]): Generator<Block> {
  for (const { payloadId, payload } of payloads) {
    const { blocks } = sizeOf(payload);
    for (let block = 0; block < blocks; block++) {
      yield { payloadId, block, streams: payload.parts.map((part) => part[block]) };
    }
  }
}

/** At once where the streams are in memory, as those of small pages are. */
function writeBlock(
  rows: CopyRows,
  simulationId: number,
  { payloadId, block, streams }: Block,
  spool: PayloadSpool,
): Promise<void> | undefined {
  const write = (parts: readonly (readonly Buffer[] | undefined)[]) => {
    rows.row(COLUMNS);
    rows.int4(simulationId);
    rows.int8(payloadId);
    rows.int4(block);
    for (const part of PART_COLUMNS.keys()) {
      const pieces = parts[part];
      if (pieces === undefined) rows.null();
      else rows.bytes(pieces);
    }
    rows.int4List(streams.map((stream) => stream?.rawLength ?? 0));
    rows.int8List(streams.map((stream) => stream?.crc32 ?? 0));
  };
  const inMemory = streams.map((stream) => stream?.slice.pieces);
  if (streams.every((stream, part) => stream === undefined || inMemory[part] !== undefined)) {
    write(inMemory);
    return undefined;
  }
  return Promise.all(streams.map(async (stream) => stream && spool.read(stream))).then(write);
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

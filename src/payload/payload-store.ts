import type pg from 'pg';
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

const TAKE_IDS = new PreparedStatement(
  'take payload numbers',
  "SELECT nextval('payload_id_seq') AS id FROM generate_series(1, $1::int)",
);

/** Fresh payload numbers, ascending. */
export async function takePayloadIds(tx: Queryable, count: number): Promise<bigint[]> {
  const { rows } = await tx.query<{ id: string }>(TAKE_IDS.with([count]));
  return rows.map((row) => BigInt(row.id)).sort((a, b) => (a < b ? -1 : 1));
}

/** Rows and bytes of one INSERT: few round trips, and nothing large in flight. */
const MAX_ROWS = 1024;
const STATEMENT_BYTES = 2 * 1024 * 1024;

/** Writes the blocks of payloads in statements of bounded size. */
export async function insertPayloads(
  tx: Transaction,
  simulationId: number,
  payloads: readonly { readonly payloadId: bigint; readonly payload: SpooledPayload }[],
  spool: PayloadSpool,
): Promise<void> {
  let batch = new BlockBatch();
  for (const { payloadId, payload } of payloads) {
    for (let block = 0; block < sizeOf(payload).blocks; block++) {
      await batch.add(
        payloadId,
        block,
        payload.parts.map((part) => part[block]),
        spool,
      );
      if (batch.rows < MAX_ROWS && batch.bytes < STATEMENT_BYTES) continue;
      await tx.query(batch.insertInto(simulationId));
      batch = new BlockBatch();
    }
  }
  if (batch.rows > 0) await tx.query(batch.insertInto(simulationId));
}

/** `$2` holds the bytes of all rows, one stream behind the other; each part of a row is cut out of it by place and length. */
const INSERT_BLOCKS = new PreparedStatement(
  'insert payload blocks',
  `INSERT INTO payload_block (simulation_id, payload_id, block, ${PART_COLUMNS.join(', ')}, raw_len, crc32)
   SELECT $1, payload_id, block, ${PART_COLUMNS.map((column) => `substring($2::bytea FROM ${column}_from FOR ${column}_bytes)`).join(', ')},
          raw_len::int[], crc32::bigint[]
     FROM unnest($3::bigint[], $4::int[], $5::text[], $6::text[], ${PART_COLUMNS.map((_, part) => `$${7 + 2 * part}::int[], $${8 + 2 * part}::int[]`).join(', ')})
       AS t(payload_id, block, raw_len, crc32, ${PART_COLUMNS.map((column) => `${column}_from, ${column}_bytes`).join(', ')})`,
);

/** Blocks on their way into one statement: their bytes in one value, which goes over in binary and is parsed by nobody. */
class BlockBatch {
  bytes = 0;
  private readonly streams: Buffer[] = [];
  private readonly payloadIds: bigint[] = [];
  private readonly blocks: number[] = [];
  private readonly rawLengths: string[] = [];
  private readonly checksums: string[] = [];
  /** By part: where it begins, counted from 1, and its length; null where a block has no such part. */
  private readonly places = PART_COLUMNS.map(() => ({ from: [] as (number | null)[], bytes: [] as (number | null)[] }));

  get rows(): number {
    return this.blocks.length;
  }

  async add(
    payloadId: bigint,
    block: number,
    streams: readonly (SpooledStream | undefined)[],
    spool: PayloadSpool,
  ): Promise<void> {
    this.payloadIds.push(payloadId);
    this.blocks.push(block);
    this.rawLengths.push(arrayText(streams.map((stream) => stream?.rawLength ?? 0)));
    this.checksums.push(arrayText(streams.map((stream) => stream?.crc32 ?? 0)));
    for (const [part, { from, bytes }] of this.places.entries()) {
      const stream = streams[part];
      from.push(stream === undefined ? null : this.bytes + 1);
      bytes.push(stream?.slice.length ?? null);
      if (stream === undefined) continue;
      this.streams.push(await spool.read(stream));
      this.bytes += stream.slice.length;
    }
  }

  insertInto(simulationId: number): pg.QueryConfig {
    const places = this.places.flatMap(({ from, bytes }) => [from, bytes]);
    const { payloadIds, blocks, rawLengths, checksums } = this;
    const all = Buffer.concat(this.streams, this.bytes);
    return INSERT_BLOCKS.with([simulationId, all, payloadIds, blocks, rawLengths, checksums, ...places]);
  }
}

/** A list of numbers as PostgreSQL reads an array. */
function arrayText(numbers: readonly number[]): string {
  return `{${numbers.join(',')}}`;
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

import type { Queryable, Transaction } from '../prisma/database.js';
import { HEADER_BYTES, WRAPPER_BYTES } from './aligned-deflate.js';
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

/** One zlib stream out of the database, with what splicing needs to know of its text. */
export interface StoredStream {
  readonly bytes: Buffer;
  readonly rawLength: number;
  readonly crc32: number;
}

/** The streams of one block by part; undefined where the part has none in this block. */
export type BlockStreams = readonly (StoredStream | undefined)[];

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

interface BlockRow {
  readonly payload_id: string;
  readonly raw_len: number[];
  readonly crc32: string[];
  readonly body: Buffer | null;
  readonly axis1: Buffer | null;
  readonly axis2: Buffer | null;
  readonly axis3: Buffer | null;
}

/** The only block of each of these payloads, all parts of it, by payload number. */
export async function fetchSingleBlocks(
  db: Queryable,
  simulationId: number,
  payloadIds: readonly bigint[],
): Promise<Map<bigint, BlockStreams>> {
  const { rows } = await db.query<BlockRow>(
    `SELECT payload_id, raw_len, crc32, body, axis1, axis2, axis3
       FROM payload_block WHERE simulation_id = $1 AND payload_id = ANY($2::bigint[]) AND block = 0`,
    [simulationId, payloadIds],
  );
  return new Map(rows.map((row) => [BigInt(row.payload_id), PART_COLUMNS.map((_, part) => streamOf(row, part))]));
}

/** One zlib stream that is fetched piece by piece, for whoever has no room for all of it. */
export interface SlicedStream {
  readonly rawLength: number;
  readonly crc32: number;
  readonly adler32: number;
  /** Its deflate blocks, without header, final block and checksum. */
  readonly slices: AsyncIterable<Buffer>;
}

interface SliceRow {
  /** Null where the part has no such block. */
  readonly stored_length: number | null;
  readonly raw_len: number[];
  readonly crc32: string[];
  readonly adler32: Buffer;
  readonly slice: Buffer;
}

/** How much a reader is given at a time: little at first, more with everything it takes, so that who stalls holds little. */
export class Pace {
  private bytes = FIRST_SLICE_BYTES;

  /** Bytes of the next slice. */
  next(): number {
    const now = this.bytes;
    this.bytes = Math.min(now * 2, LARGEST_SLICE_BYTES);
    return now;
  }
}

const FIRST_SLICE_BYTES = 32 * 1024;
const LARGEST_SLICE_BYTES = 256 * 1024;

/**
 * One part of one block, slice by slice; undefined where there is none. Throws PayloadGone where the block vanished. PostgreSQL reads only the slice, because
 * payloads are stored without compression of its own.
 */
export async function openBlockPart(
  db: Queryable,
  payload: StoredPayload,
  block: number,
  part: number,
  pace: Pace,
): Promise<SlicedStream | undefined> {
  const column = PART_COLUMNS[part] as string;
  const where = 'WHERE simulation_id = $1 AND payload_id = $2 AND block = $3';
  const key = [payload.simulationId, payload.payloadId, block];
  const slice = `substring(${column} FROM $4 FOR $5) AS slice`;
  const { rows } = await db.query<SliceRow>(
    `SELECT octet_length(${column}) AS stored_length, raw_len, crc32, right_bytes.adler32, ${slice}
       FROM payload_block, LATERAL (SELECT substring(${column} FROM octet_length(${column}) - 3) AS adler32) right_bytes
      ${where}`,
    [...key, HEADER_BYTES + 1, pace.next()],
  );
  const [first] = rows;
  if (first === undefined) throw new PayloadGone();
  if (first.stored_length === null) return undefined;
  const end = HEADER_BYTES + first.stored_length - WRAPPER_BYTES;
  const slices = async function* () {
    let next = first.slice;
    for (let at = HEADER_BYTES; ;) {
      yield next.subarray(0, end - at);
      at += next.length;
      if (at >= end) return;
      const more = await db.query<SliceRow>(`SELECT ${slice} FROM payload_block ${where}`, [
        ...key,
        at + 1,
        pace.next(),
      ]);
      if (more.rows[0] === undefined) throw new PayloadGone();
      next = more.rows[0].slice;
    }
  };
  return {
    rawLength: first.raw_len[part] ?? 0,
    crc32: Number(first.crc32[part] ?? 0),
    adler32: first.adler32.readUInt32BE(0),
    slices: slices(),
  };
}

/** A payload was replaced and purged, or deleted, while a response was reading it. */
export class PayloadGone extends Error {
  constructor() {
    super('the data changed while it was being read');
    this.name = 'PayloadGone';
  }
}

function streamOf(row: BlockRow, part: number): StoredStream | undefined {
  const bytes = row[PART_COLUMNS[part] as (typeof PART_COLUMNS)[number]];
  if (bytes === null) return undefined;
  return { bytes, rawLength: row.raw_len[part] ?? 0, crc32: Number(row.crc32[part] ?? 0) };
}

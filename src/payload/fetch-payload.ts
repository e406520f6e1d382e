import type { BinaryRow } from '../prisma/copy-out.js';
import type { BinarySource } from '../prisma/database.js';
import { HEADER_BYTES, WRAPPER_BYTES } from './aligned-deflate.js';
import { PART_COLUMNS, type StoredPayload } from './payload-store.js';

/** One zlib stream out of the database, with what splicing needs to know of its text. */
export interface StoredStream {
  readonly bytes: Buffer;
  readonly rawLength: number;
  readonly crc32: number;
}

/** The streams of one block by part; undefined where the part has none in this block. */
export type BlockStreams = readonly (StoredStream | undefined)[];

/** The only block of each of these payloads, all parts of it, by payload number. */
export async function fetchSingleBlocks(
  db: BinarySource,
  simulationId: number,
  payloadIds: readonly bigint[],
): Promise<Map<bigint, BlockStreams>> {
  const rows = await db.copyRows(
    `SELECT payload_id, ${ALL_PARTS} FROM payload_block
      WHERE simulation_id = ${simulationId} AND payload_id IN (${payloadIds.join(',')}) AND block = 0`,
  );
  return new Map(
    rows.map((row) => [field(row, 0).readBigInt64BE(), PART_COLUMNS.map((_, part) => streamOf(row, part))]),
  );
}

/** For each part its bytes, the length of its text, and the CRC-32 of that. */
const ALL_PARTS = PART_COLUMNS.map((column, part) => `${column}, raw_len[${part + 1}], crc32[${part + 1}]`).join(', ');
const COLUMNS_OF_PART = 3;

function streamOf(row: BinaryRow, part: number): StoredStream | undefined {
  const at = 1 + COLUMNS_OF_PART * part;
  const bytes = row[at];
  if (bytes === null || bytes === undefined) return undefined;
  return { bytes, rawLength: field(row, at + 1).readInt32BE(), crc32: Number(field(row, at + 2).readBigInt64BE()) };
}

/** One zlib stream that is fetched piece by piece, for whoever has no room for all of it. */
export interface SlicedStream {
  readonly rawLength: number;
  readonly crc32: number;
  readonly adler32: number;
  /** Its deflate blocks, without header, final block and checksum. */
  readonly slices: AsyncIterable<Buffer>;
}

/**
 * One part of one block, in slices of `sliceBytes()`; undefined where there is none. PostgreSQL reads only the slice, because
 * payloads are stored without compression of its own. Throws PayloadGone where the block vanished.
 */
export async function openBlockPart(
  db: BinarySource,
  payload: StoredPayload,
  block: number,
  part: number,
  sliceBytes: () => number,
): Promise<SlicedStream | undefined> {
  const column = PART_COLUMNS[part];
  if (column === undefined) throw new RangeError(`a payload has no part ${part}`);
  const from = `FROM payload_block WHERE simulation_id = ${payload.simulationId} AND payload_id = ${payload.payloadId} AND block = ${block}`;
  const slice = (at: number) => `substring(${column} FROM ${at + 1} FOR ${sliceBytes()})`;
  const [opened] = await db.copyRows(
    `SELECT octet_length(${column}), raw_len[${part + 1}], crc32[${part + 1}],
            substring(${column} FROM octet_length(${column}) - 3), ${slice(HEADER_BYTES)} ${from}`,
  );
  if (opened === undefined) throw new PayloadGone();
  if (opened[0] === null) return undefined;
  const end = HEADER_BYTES + field(opened, 0).readInt32BE() - WRAPPER_BYTES;
  const slices = async function* () {
    let next = field(opened, 4);
    for (let at = HEADER_BYTES; ;) {
      at += next.length;
      yield at > end ? next.subarray(0, end - at) : next;
      if (at >= end) return;
      const [more] = await db.copyRows(`SELECT ${slice(at)} ${from}`);
      if (more === undefined) throw new PayloadGone();
      next = field(more, 0);
    }
  };
  return {
    rawLength: field(opened, 1).readInt32BE(),
    crc32: Number(field(opened, 2).readBigInt64BE()),
    adler32: field(opened, 3).readUInt32BE(),
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

/** A field that is never NULL. */
function field(row: BinaryRow, index: number): Buffer {
  return row[index] as Buffer;
}

import { type BinaryField, type BinaryRow, wholeField } from '../prisma/copy-out.js';
import type { BinarySource } from '../prisma/database.js';
import { HEADER_BYTES, WRAPPER_BYTES } from './aligned-deflate.js';
import { PART_COLUMNS, type StoredPayload } from './payload-store.js';

/** One zlib stream out of the database, in pieces, with what splicing needs to know of its text. */
export interface StoredStream {
  readonly pieces: BinaryField;
  readonly rawLength: number;
  readonly crc32: number;
}

/** The streams of one block by part; undefined where the part has none in this block. */
export type BlockStreams = readonly (StoredStream | undefined)[];

/** The only block of each of these payloads, all parts of it, by payload number. */
export async function fetchSingleBlocks(
  db: BinarySource,
  simulationId: number,
  payloadIds: readonly number[],
): Promise<Map<number, BlockStreams>> {
  const rows = await db.copyRows(
    `SELECT payload_id, ${ALL_PARTS} FROM payload_block
      WHERE simulation_id = ${simulationId} AND payload_id IN (${payloadIds.join(',')}) AND block = 0`,
  );
  return new Map(rows.map((row) => [bigintAt(row, 0), PART_COLUMNS.map((_, part) => streamOf(row, part))]));
}

/** For each part its bytes, the length of its text, and the CRC-32 of that. */
const ALL_PARTS = PART_COLUMNS.map((column, part) => `${column}, ${measures(part)}`).join(', ');
const COLUMNS_OF_PART = 3;

function measures(part: number): string {
  return `raw_len[${part + 1}], crc32[${part + 1}]`;
}

function streamOf(row: BinaryRow, part: number): StoredStream | undefined {
  const at = 1 + COLUMNS_OF_PART * part;
  const pieces = row[at];
  if (pieces === null || pieces === undefined) return undefined;
  return { pieces, rawLength: integerAt(row, at + 1), crc32: bigintAt(row, at + 2) };
}

/** One zlib stream that is fetched slice by slice, for whoever has no room for all of it. */
export interface SlicedStream {
  readonly rawLength: number;
  readonly crc32: number;
  readonly adler32: number;
  /** Its deflate blocks, without header, final block and checksum; a slice is in pieces, to be taken from it. */
  readonly slices: AsyncIterable<Buffer[]>;
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
  // What frames the blocks is left out already: header in front, final block and checksum behind.
  const length = `octet_length(${column}) - ${WRAPPER_BYTES}`;
  const slice = (at: number) => {
    const bytes = sliceBytes();
    return `substring(${column} FROM ${HEADER_BYTES + 1 + at} FOR least(${bytes}, ${length} - ${at}))`;
  };
  const [opened] = await db.copyRows(
    `SELECT ${length}, ${measures(part)}, substring(${column} FROM octet_length(${column}) - 3), ${slice(0)} ${from}`,
  );
  if (opened === undefined) throw new PayloadGone();
  if (opened[0] === null) return undefined;
  const end = integerAt(opened, 0);
  const first = ownedPieces(fieldAt(opened, 4));
  const slices = async function* () {
    let at = lengthOf(first);
    yield first;
    while (at < end) {
      const [more] = await db.copyRows(`SELECT ${slice(at)} ${from}`);
      if (more === undefined) throw new PayloadGone();
      const next = ownedPieces(fieldAt(more, 0));
      at += lengthOf(next);
      yield next;
    }
  };
  return {
    rawLength: integerAt(opened, 1),
    crc32: bigintAt(opened, 2),
    adler32: wholeField(fieldAt(opened, 3)).readUInt32BE(),
    slices: slices(),
  };
}

/** Pieces are parts of what was read from a socket, so a small slice may hold on to much more than it is. */
const COPIED_BYTES = 64 * 1024;

function ownedPieces(field: BinaryField): Buffer[] {
  return lengthOf(field) <= COPIED_BYTES ? [Buffer.concat(field)] : [...field];
}

/** A payload was replaced and purged, or deleted, while a response was reading it. */
export class PayloadGone extends Error {
  constructor() {
    super('the data changed while it was being read');
    this.name = 'PayloadGone';
  }
}

function lengthOf(field: BinaryField): number {
  return field.reduce((bytes, piece) => bytes + piece.length, 0);
}

/** A field that is never NULL. */
function fieldAt(row: BinaryRow, index: number): BinaryField {
  return row[index] as BinaryField;
}

function integerAt(row: BinaryRow, index: number): number {
  return wholeField(fieldAt(row, index)).readInt32BE();
}

/** Of a bigint that is not negative. */
function bigintAt(row: BinaryRow, index: number): number {
  const bytes = wholeField(fieldAt(row, index));
  return bytes.readUInt32BE(0) * 2 ** 32 + bytes.readUInt32BE(4);
}

import { BufferPool } from '../json/buffer-pool.js';
import type { CopiedRows } from '../prisma/copy-out.js';
import type { BinarySource } from '../prisma/database.js';
import { HEADER_BYTES, TRAILER_BYTES, WRAPPER_BYTES } from './aligned-deflate.js';
import { PART_COLUMNS, type StoredPayload } from './payload-store.js';

/** Where payloads are read from, and the memory into which they come. */
export interface PayloadSource {
  readonly db: BinarySource;
  readonly pool: BufferPool;
}

/** One zlib stream as it came out of the database, with what splicing needs to know of its text. */
export interface StoredStream {
  /** It lies from `start` to `end` in `bytes`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly rawLength: number;
  readonly crc32: number;
}

/** Its deflate blocks, without what frames them. */
export function blocksOf({ bytes, start, end }: StoredStream): Buffer {
  return bytes.subarray(start + HEADER_BYTES, end - TRAILER_BYTES);
}

/** Streams that were fetched together. */
export interface Fetched<T> {
  readonly streams: T;
  /** To be called when nobody looks at them any more. */
  readonly release: () => void;
}

/** The streams of one block by part; undefined where the part has none in this block. */
export type BlockStreams = readonly (StoredStream | undefined)[];

/** For each part its bytes, the length of its text, and the CRC-32 of that. */
const ALL_PARTS = PART_COLUMNS.map((column, part) => `${column}, ${measures(part)}`).join(', ');
const COLUMNS_OF_PART = 3;
/** What a row takes beside its streams, at most: a count, a number, and four times a length and three fields. */
const ROW_BYTES = 2 + 12 + 4 * (4 + 8 + 12);

function measures(part: number): string {
  return `raw_len[${part + 1}], crc32[${part + 1}]`;
}

/** The only block of each of these payloads of one simulation, all parts of it, by payload number. */
export async function fetchSingleBlocks(
  source: PayloadSource,
  payloads: readonly StoredPayload[],
): Promise<Fetched<ReadonlyMap<number, BlockStreams>>> {
  const ids = payloads.map(({ payloadId }) => payloadId).join(',');
  const { rows, release } = await fetchRows(
    source,
    `SELECT payload_id, ${ALL_PARTS} FROM payload_block
      WHERE simulation_id = ${(payloads[0] as StoredPayload).simulationId} AND payload_id IN (${ids}) AND block = 0`,
    payloads.reduce((bytes, { storedBytes }) => bytes + storedBytes + ROW_BYTES, 0),
  );
  const streams = new Map<number, BlockStreams>();
  while (rows.next()) {
    streams.set(
      rows.int8(0),
      PART_COLUMNS.map((_, part) => streamAt(rows, 1 + COLUMNS_OF_PART * part)),
    );
  }
  return { streams, release };
}

/** One stream of a payload of several blocks. */
export interface DirectoryEntry {
  readonly block: number;
  readonly storedBytes: number;
  /** Where it is so small that it came along. */
  readonly stream: StoredStream | undefined;
}

/** Streams of up to so many bytes, most axes, come along with the directory. */
const ALONG_BYTES = 16 * 1024;

/** What streams a payload has, by part and in the order of blocks. Throws PayloadGone where there are none. */
export async function fetchDirectory(source: PayloadSource, payload: StoredPayload): Promise<DirectoryEntry[][]> {
  const parts = PART_COLUMNS.map((column, part) => {
    const length = `octet_length(${column})`;
    return `CASE WHEN ${length} <= ${ALONG_BYTES} THEN ${column} END, ${measures(part)}, ${length}`;
  });
  const { rows, release } = await fetchRows(
    source,
    `SELECT block, ${parts.join(', ')} FROM payload_block ${whereBlocks(payload)} ORDER BY block`,
    ALONG_BYTES,
  );
  const directory = PART_COLUMNS.map((): DirectoryEntry[] => []);
  while (rows.next()) {
    for (const [part, entries] of directory.entries()) {
      const field = 1 + (COLUMNS_OF_PART + 1) * part;
      if (rows.isNull(field + COLUMNS_OF_PART)) continue;
      const stream = streamAt(rows, field);
      // It is held longer than what is fetched with it.
      const bytes = stream && Buffer.from(stream.bytes.subarray(stream.start, stream.end));
      entries.push({
        block: rows.int4(0),
        storedBytes: rows.int4(field + COLUMNS_OF_PART),
        stream: bytes && { ...stream, bytes, start: 0, end: bytes.length },
      });
    }
  }
  release();
  if (directory.every((entries) => entries.length === 0)) throw new PayloadGone();
  return directory;
}

/** Streams of one part of a payload, whole, in the order of blocks. Throws PayloadGone where one vanished. */
export async function fetchPart(
  source: PayloadSource,
  payload: StoredPayload,
  part: number,
  entries: readonly DirectoryEntry[],
): Promise<Fetched<StoredStream[]>> {
  const blocks = entries.map(({ block }) => block).join(',');
  const { rows, release } = await fetchRows(
    source,
    `SELECT ${columnOf(part)}, ${measures(part)} FROM payload_block ${whereBlocks(payload)} AND block IN (${blocks}) ORDER BY block`,
    entries.reduce((bytes, { storedBytes }) => bytes + storedBytes + ROW_BYTES, 0),
  );
  const streams: StoredStream[] = [];
  while (rows.next()) streams.push(streamAt(rows, 0) as StoredStream);
  if (streams.length < entries.length) throw new PayloadGone();
  return { streams, release };
}

/** One zlib stream that is fetched slice by slice, for whoever has no room for all of it. */
export interface SlicedStream {
  readonly rawLength: number;
  readonly crc32: number;
  readonly adler32: number;
  /** Its deflate blocks, without header, final block and checksum. */
  readonly slices: AsyncIterable<Buffer>;
}

/**
 * The stream of one part of one block, in slices of `sliceBytes()`. PostgreSQL reads only the slice, because payloads are stored
 * without compression of its own; a whole stream costs it several times less than one slice of the same length, though.
 * Throws PayloadGone where the block vanished.
 */
export async function openSliced(
  source: PayloadSource,
  payload: StoredPayload,
  part: number,
  block: number,
  sliceBytes: () => number,
): Promise<SlicedStream> {
  const column = columnOf(part);
  const from = `FROM payload_block ${whereBlocks(payload)} AND block = ${block}`;
  // What frames the blocks is left out already: header in front, final block and checksum behind.
  const length = `octet_length(${column}) - ${WRAPPER_BYTES}`;
  const slice = async (at: number, more = '') => {
    const bytes = sliceBytes();
    const select = `SELECT substring(${column} FROM ${HEADER_BYTES + 1 + at} FOR least(${bytes}, ${length} - ${at}))${more} ${from}`;
    const fetched = await fetchRows(source, select, bytes + ROW_BYTES);
    if (!fetched.rows.next()) throw new PayloadGone();
    return fetched;
  };
  const { rows, release } = await slice(
    0,
    `, ${length}, ${measures(part)}, substring(${column} FROM octet_length(${column}) - 3)`,
  );
  const [first, end] = [copyOf(rows), rows.int4(1)];
  const measured = { rawLength: rows.int4(2), crc32: rows.int8(3), adler32: rows.bytes.readUInt32BE(rows.startOf(4)) };
  release();
  const slices = async function* () {
    yield first;
    for (let at = first.length; at < end;) {
      const more = await slice(at);
      const next = copyOf(more.rows);
      more.release();
      at += next.length;
      yield next;
    }
  };
  return { ...measured, slices: slices() };
}

/** Of the first field; slices are small, or few. */
function copyOf(rows: CopiedRows): Buffer {
  return Buffer.from(rows.bytes.subarray(rows.startOf(0), rows.endOf(0)));
}

/** A payload was replaced and purged, or deleted, while a response was reading it. */
export class PayloadGone extends Error {
  constructor() {
    super('the data changed while it was being read');
    this.name = 'PayloadGone';
  }
}

async function fetchRows(
  { db, pool }: PayloadSource,
  select: string,
  expectedBytes: number,
): Promise<{ rows: CopiedRows; release: () => void }> {
  const rows = await db.copyRows(select, pool.takeFitting(FORMAT_BYTES + expectedBytes));
  return { rows, release: () => pool.give(rows.bytes) };
}

/** Header and trailer of what COPY writes. */
const FORMAT_BYTES = 21;

function whereBlocks({ simulationId, payloadId }: StoredPayload): string {
  return `WHERE simulation_id = ${simulationId} AND payload_id = ${payloadId}`;
}

function columnOf(part: number): string {
  const column = PART_COLUMNS[part];
  if (column === undefined) throw new RangeError(`a payload has no part ${part}`);
  return column;
}

/** The stream in three fields; undefined where it is NULL. */
function streamAt(rows: CopiedRows, field: number): StoredStream | undefined {
  if (rows.isNull(field)) return undefined;
  return {
    bytes: rows.bytes,
    start: rows.startOf(field),
    end: rows.endOf(field),
    rawLength: rows.int4(field + 1),
    crc32: rows.int8(field + 2),
  };
}

import { BufferPool } from '../json/buffer-pool.js';
import type { BinaryRows } from '../prisma/binary-rows.js';
import { type BinarySource, listValue, PreparedStatement } from '../prisma/database.js';
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

const WHERE_PAYLOAD = 'WHERE simulation_id = $1 AND payload_id = $2';
/** Of payload_block, for each part: its bytes, the length of its text, and the CRC-32 of that. */
export const STREAM_COLUMNS = PART_COLUMNS.flatMap((column, part) => [column, ...measuresOf(part)]);
const COLUMNS_OF_PART = 3;
/** What a row takes beside its streams, at most: header, count, a number, and four times a length and three fields. */
const ROW_BYTES = 5 + 2 + 12 + 4 * (4 + 8 + 12);

function measuresOf(part: number): [rawLength: string, crc32: string] {
  return [`raw_len[${part + 1}]`, `crc32[${part + 1}]`];
}

function measures(part: number): string {
  return measuresOf(part).join(', ');
}

/** Where the streams of a payload of one block were read to: a row, in which STREAM_COLUMNS begin at a field. */
export interface StreamsRow {
  readonly rows: BinaryRows;
  readonly position: number;
  readonly field: number;
}

/** A payload whose streams came along with what was found of it, where it is small. */
export interface FoundPayload extends StoredPayload {
  readonly along?: StreamsRow | undefined;
}

/** One of the streams, by part; undefined where the payload has none. Valid until the rows are looked at again. */
export function streamsIn({ rows, position, field }: StreamsRow): (part: number) => StoredStream | undefined {
  rows.goTo(position);
  return (part) => streamAt(rows, field + COLUMNS_OF_PART * part);
}

/** The only block of each of some payloads. */
export class SingleBlocks {
  /** Payload number → where its row is. */
  private readonly positions = new Map<number, number>();

  constructor(private readonly rows: BinaryRows) {
    while (rows.next()) this.positions.set(rows.int8(0), rows.position);
  }

  /** Throws PayloadGone where the payload is not there. */
  of(payloadId: number): StreamsRow {
    const position = this.positions.get(payloadId);
    if (position === undefined) throw new PayloadGone();
    return { rows: this.rows, position, field: 1 };
  }
}

const SINGLE_BLOCKS = new PreparedStatement(
  'single blocks of payloads',
  `SELECT payload_id, ${STREAM_COLUMNS.join(', ')} FROM payload_block WHERE simulation_id = $1 AND payload_id = ANY(${listValue(2, 'bigint')}) AND block = 0`,
);

/** The only block of each of these payloads of one simulation, all parts of it. */
export async function fetchSingleBlocks(
  source: PayloadSource,
  payloads: readonly StoredPayload[],
): Promise<Fetched<SingleBlocks>> {
  const [{ simulationId }] = payloads as [StoredPayload];
  const ids = `{${payloads.map(({ payloadId }) => payloadId).join(',')}}`;
  const expectedBytes = payloads.reduce((bytes, { storedBytes }) => bytes + storedBytes + ROW_BYTES, 0);
  const rows = await source.db.binaryRows(SINGLE_BLOCKS.with([simulationId, ids]), source.pool, expectedBytes);
  return { streams: new SingleBlocks(rows), release: () => rows.release() };
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

const DIRECTORY = new PreparedStatement(
  'directory of a payload',
  `SELECT block, ${PART_COLUMNS.map((column, part) => {
    const length = `octet_length(${column})`;
    return `CASE WHEN ${length} <= ${ALONG_BYTES} THEN ${column} END, ${measures(part)}, ${length}`;
  }).join(', ')} FROM payload_block ${WHERE_PAYLOAD} ORDER BY block`,
);

/** What streams a payload has, by part and in the order of blocks. Throws PayloadGone where there are none. */
export async function fetchDirectory(source: PayloadSource, payload: StoredPayload): Promise<DirectoryEntry[][]> {
  const rows = await source.db.binaryRows(DIRECTORY.with(numbersOf(payload)), source.pool, ALONG_BYTES);
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
  rows.release();
  if (directory.every((entries) => entries.length === 0)) throw new PayloadGone();
  return directory;
}

const PARTS = PART_COLUMNS.map(
  (column, part) =>
    new PreparedStatement(
      `${column} of a payload`,
      `SELECT ${column}, ${measures(part)} FROM payload_block ${WHERE_PAYLOAD} AND block = ANY(${listValue(3, 'int')}) ORDER BY block`,
    ),
);

/** Streams of one part of a payload, whole, in the order of blocks. Throws PayloadGone where one vanished. */
export async function fetchPart(
  source: PayloadSource,
  payload: StoredPayload,
  part: number,
  entries: readonly DirectoryEntry[],
): Promise<Fetched<StoredStream[]>> {
  const blocks = `{${entries.map(({ block }) => block).join(',')}}`;
  const expectedBytes = entries.reduce((bytes, { storedBytes }) => bytes + storedBytes + ROW_BYTES, 0);
  const statement = statementOf(PARTS, part).with([...numbersOf(payload), blocks]);
  const rows = await source.db.binaryRows(statement, source.pool, expectedBytes);
  const streams: StoredStream[] = [];
  while (rows.next()) streams.push(streamAt(rows, 0) as StoredStream);
  if (streams.length < entries.length) throw new PayloadGone();
  return { streams, release: () => rows.release() };
}

/** One zlib stream that is fetched slice by slice, for whoever has no room for all of it. */
export interface SlicedStream {
  readonly rawLength: number;
  readonly crc32: number;
  readonly adler32: number;
  /** Its deflate blocks, without header, final block and checksum. */
  readonly slices: AsyncIterable<Buffer>;
}

/** A slice of the deflate blocks from byte $4 of them on, up to $5 bytes, and what is to be known of the stream. */
const SLICES = PART_COLUMNS.map((column, part) => {
  // What frames the blocks is left out already: header in front, final block and checksum behind.
  const length = `octet_length(${column}) - ${WRAPPER_BYTES}`;
  return new PreparedStatement(
    `slice of ${column} of a payload`,
    `SELECT substring(${column} FROM ${HEADER_BYTES + 1} + $4::int FOR least($5::int, ${length} - $4::int)), ${length}, ${measures(part)},
            substring(${column} FROM octet_length(${column}) - 3)
       FROM payload_block ${WHERE_PAYLOAD} AND block = $3`,
  );
});

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
  const slice = async (at: number) => {
    const bytes = sliceBytes();
    const statement = statementOf(SLICES, part).with([...numbersOf(payload), block, at, bytes]);
    const fetched = await source.db.binaryRows(statement, source.pool, bytes + ROW_BYTES);
    if (!fetched.next()) throw new PayloadGone();
    return fetched;
  };
  const rows = await slice(0);
  const [first, end] = [rows.copyOf(0), rows.int4(1)];
  const measured = { rawLength: rows.int4(2), crc32: rows.int8(3), adler32: rows.bytes.readUInt32BE(rows.startOf(4)) };
  rows.release();
  const slices = async function* () {
    yield first;
    for (let at = first.length; at < end;) {
      const more = await slice(at);
      const next = more.copyOf(0);
      more.release();
      at += next.length;
      yield next;
    }
  };
  return { ...measured, slices: slices() };
}

/** A payload was replaced and purged, or deleted, while a response was reading it. */
export class PayloadGone extends Error {
  constructor() {
    super('the data changed while it was being read');
    this.name = 'PayloadGone';
  }
}

function numbersOf({ simulationId, payloadId }: StoredPayload): [simulationId: number, payloadId: number] {
  return [simulationId, payloadId];
}

function statementOf(statements: readonly PreparedStatement[], part: number): PreparedStatement {
  const statement = statements[part];
  if (statement === undefined) throw new RangeError(`a payload has no part ${part}`);
  return statement;
}

/** The stream in three fields; undefined where it is NULL. */
function streamAt(rows: BinaryRows, field: number): StoredStream | undefined {
  if (rows.isNull(field)) return undefined;
  return {
    bytes: rows.bytes,
    start: rows.startOf(field),
    end: rows.endOf(field),
    rawLength: rows.int4(field + 1),
    crc32: rows.int8(field + 2),
  };
}

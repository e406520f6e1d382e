import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { crc32, createInflateRaw, inflate, inflateSync } from 'node:zlib';
import type { Queryable } from '../prisma/database.js';
import { adlerOf, deflateBlocks, FINAL_BLOCK, WRAPPER_BYTES } from './aligned-deflate.js';
import { adler32, adler32Combine, crc32Combine } from './checksums.js';
import {
  type BlockStreams,
  fetchSingleBlocks,
  openBlockPart,
  Pace,
  PART_COLUMNS,
  PayloadGone,
  type SlicedStream,
  type StoredPayload,
  type StoredStream,
} from './payload-store.js';

export type BodyEncoding = 'identity' | 'gzip' | 'deflate';

/** A piece of a response: JSON text, or one part of a stored payload (0 the body, 1 to 3 the axes). */
export type Segment = string | { readonly payload: StoredPayload; readonly part: number };

/**
 * Writes a response out of text and stored zlib streams. For gzip and deflate the deflate blocks are handed on as they
 * lie in the database, with the text between them in stored blocks, under one header and one combined checksum
 * (RFC 1950, 1951, 1952); only identity is inflated. What is held at a time is bounded by one batch of
 * payloads or one slice, so that many readers who stall hold little.
 * Throws PayloadGone where a payload vanished meanwhile.
 */
export async function* splicedBody(
  db: Queryable,
  segments: readonly Segment[],
  encoding: BodyEncoding,
): AsyncGenerator<Buffer> {
  const writer = encoding === 'identity' ? new IdentityWriter() : new SplicingWriter(encoding);
  let pieces = writer.start();
  let held = bytesOf(pieces);
  for await (const item of resolved(db, segments)) {
    if (typeof item !== 'string' && 'slices' in item) {
      if (held > 0) yield Buffer.concat(pieces);
      [pieces, held] = [[], 0];
      yield* writer.slices(item);
      continue;
    }
    const more = typeof item === 'string' ? writer.text(Buffer.from(item)) : await writer.stream(item);
    pieces.push(...more);
    held += bytesOf(more);
    if (held < FLUSH_BYTES) continue;
    yield Buffer.concat(pieces);
    [pieces, held] = [[], 0];
  }
  yield Buffer.concat([...pieces, ...writer.end()]);
}

/** Puts runs of text together, so that each becomes one stored block. */
export function joined(segments: Iterable<Segment>): Segment[] {
  const result: Segment[] = [];
  let text: string[] = [];
  for (const segment of segments) {
    if (typeof segment === 'string') {
      text.push(segment);
      continue;
    }
    if (text.length > 0) result.push(text.join(''));
    text = [];
    result.push(segment);
  }
  if (text.length > 0) result.push(text.join(''));
  return result;
}

/** The exact length of what `splicedBody` writes; every part of a payload must be among the segments. */
export function splicedLength(segments: readonly Segment[], encoding: BodyEncoding): number {
  let length = encoding === 'identity' ? 0 : OVERHEAD_BYTES[encoding];
  for (const segment of segments) {
    if (typeof segment !== 'string') {
      if (segment.part === 0) length += payloadLength(segment.payload, encoding);
      continue;
    }
    const bytes = Buffer.byteLength(segment);
    const blocks = encoding === 'identity' ? 0 : Math.ceil(bytes / STORED_BLOCK_BYTES);
    length += bytes + blocks * STORED_BLOCK_HEADER_BYTES;
  }
  return length;
}

function payloadLength({ rawBytes, storedBytes, streams }: StoredPayload, encoding: BodyEncoding): number {
  return encoding === 'identity' ? rawBytes : storedBytes - streams * WRAPPER_BYTES;
}

const FLUSH_BYTES = 64 * 1024;
/** Small payloads are fetched together up to this many bytes and this many rows; a larger one in slices. */
const BATCH_BYTES = 128 * 1024;
const BATCH_PAYLOADS = 256;

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The segments with their payloads fetched: in batches where small, block by block and in slices where large. */
async function* resolved(
  db: Queryable,
  segments: Iterable<Segment>,
): AsyncGenerator<string | StoredStream | SlicedStream> {
  const pace = new Pace();
  let batch: Segment[] = [];
  let payloads = new Map<bigint, StoredPayload>();
  let bytes = 0;
  for (const segment of segments) {
    if (typeof segment !== 'string' && isLarge(segment.payload)) {
      yield* resolvedBatch(db, batch, payloads);
      yield* resolvedBlocks(db, segment.payload, segment.part, pace);
      [batch, payloads, bytes] = [[], new Map<bigint, StoredPayload>(), 0];
      continue;
    }
    if (typeof segment !== 'string' && !payloads.has(segment.payload.payloadId)) {
      if (bytes + segment.payload.storedBytes > BATCH_BYTES || payloads.size === BATCH_PAYLOADS) {
        yield* resolvedBatch(db, batch, payloads);
        [batch, payloads, bytes] = [[], new Map<bigint, StoredPayload>(), 0];
      }
      payloads.set(segment.payload.payloadId, segment.payload);
      bytes += segment.payload.storedBytes;
    }
    batch.push(segment);
  }
  yield* resolvedBatch(db, batch, payloads);
}

async function* resolvedBatch(
  db: Queryable,
  batch: readonly Segment[],
  payloads: ReadonlyMap<bigint, StoredPayload>,
): AsyncGenerator<string | StoredStream> {
  const [first] = payloads.values();
  const blocks =
    first === undefined
      ? new Map<bigint, BlockStreams>()
      : await fetchSingleBlocks(db, first.simulationId, [...payloads.keys()]);
  for (const segment of batch) {
    if (typeof segment === 'string') {
      yield segment;
      continue;
    }
    const stream = blocks.get(segment.payload.payloadId)?.[segment.part];
    if (stream === undefined) throw new PayloadGone();
    yield stream;
  }
}

function isLarge({ blocks, storedBytes }: StoredPayload): boolean {
  return blocks > 1 || storedBytes > BATCH_BYTES;
}

async function* resolvedBlocks(
  db: Queryable,
  payload: StoredPayload,
  part: number,
  pace: Pace,
): AsyncGenerator<SlicedStream> {
  if (part >= PART_COLUMNS.length) throw new RangeError(`a payload has no part ${part}`);
  for (let block = 0; block < payload.blocks; block++) {
    const stream = await openBlockPart(db, payload, block, part, pace);
    if (stream === undefined) return;
    yield stream;
  }
}

const inflateInPool = promisify<Buffer, Buffer>(inflate);
const SYNC_BYTES = 16 * 1024;

class IdentityWriter {
  start(): Buffer[] {
    return [];
  }

  text(text: Buffer): Buffer[] {
    return [text];
  }

  async stream({ bytes, rawLength }: StoredStream): Promise<Buffer[]> {
    return [rawLength <= SYNC_BYTES ? inflateSync(bytes) : await inflateInPool(bytes)];
  }

  async *slices({ slices }: SlicedStream): AsyncGenerator<Buffer> {
    const inflater = createInflateRaw({ chunkSize: FLUSH_BYTES });
    // What goes wrong on the way comes out of the inflater; a reader who leaves ends both.
    pipeline(Readable.from(withFinalBlock(slices)), inflater, () => undefined);
    yield* inflater as AsyncIterable<Buffer>;
  }

  end(): Buffer[] {
    return [];
  }
}

async function* withFinalBlock(slices: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* slices;
  yield FINAL_BLOCK;
}

/** A stored block holds at most this many bytes (RFC 1951, 3.2.4). */
const STORED_BLOCK_BYTES = 65_535;
const STORED_BLOCK_HEADER_BYTES = 5;
/** Header, final block and trailer of a whole body. */
const OVERHEAD_BYTES = { gzip: 10 + 2 + 8, deflate: 2 + 2 + 4 } as const;
/** Magic, deflate, no flags, no time, no extra flags, unknown system. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);
/** Deflate with a 32 KiB window, checked, default level. */
const ZLIB_HEADER = Buffer.from([0x78, 0x9c]);

class SplicingWriter {
  private checksum: number;
  private rawLength = 0;

  constructor(private readonly encoding: 'gzip' | 'deflate') {
    this.checksum = encoding === 'gzip' ? 0 : 1;
  }

  start(): Buffer[] {
    return [this.encoding === 'gzip' ? GZIP_HEADER : ZLIB_HEADER];
  }

  text(text: Buffer): Buffer[] {
    this.count(text.length, this.encoding === 'gzip' ? crc32(text) : adler32(text));
    const pieces: Buffer[] = [];
    for (let at = 0; at < text.length; at += STORED_BLOCK_BYTES) {
      const part = text.subarray(at, at + STORED_BLOCK_BYTES);
      const header = Buffer.from([
        0,
        part.length & 0xff,
        part.length >> 8,
        ~part.length & 0xff,
        (~part.length >> 8) & 0xff,
      ]);
      pieces.push(header, part);
    }
    return pieces;
  }

  stream({ bytes, rawLength, crc32: crc }: StoredStream): Buffer[] {
    this.count(rawLength, this.encoding === 'gzip' ? crc : adlerOf(bytes));
    return [deflateBlocks(bytes)];
  }

  slices({ rawLength, crc32: crc, adler32: adler, slices }: SlicedStream): AsyncIterable<Buffer> {
    this.count(rawLength, this.encoding === 'gzip' ? crc : adler);
    return slices;
  }

  end(): Buffer[] {
    const trailer = Buffer.alloc(this.encoding === 'gzip' ? 8 : 4);
    if (this.encoding === 'gzip') {
      trailer.writeUInt32LE(this.checksum, 0);
      trailer.writeUInt32LE(this.rawLength % 2 ** 32, 4);
    } else {
      trailer.writeUInt32BE(this.checksum, 0);
    }
    return [FINAL_BLOCK, trailer];
  }

  private count(length: number, checksum: number): void {
    const combine = this.encoding === 'gzip' ? crc32Combine : adler32Combine;
    this.checksum = combine(this.checksum, checksum, length);
    this.rawLength += length;
  }
}

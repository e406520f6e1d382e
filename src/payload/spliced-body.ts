import type { BinarySource } from '../prisma/database.js';
import { WRAPPER_BYTES } from './aligned-deflate.js';
import {
  type BlockStreams,
  fetchSingleBlocks,
  openBlockPart,
  PayloadGone,
  type SlicedStream,
  type StoredStream,
} from './fetch-payload.js';
import { IdentityWriter } from './identity-writer.js';
import type { StoredPayload } from './payload-store.js';
import { OVERHEAD_BYTES, SplicingWriter, STORED_BLOCK_BYTES, STORED_BLOCK_HEADER_BYTES } from './splicing-writer.js';

export type BodyEncoding = 'identity' | 'gzip' | 'deflate';

/** A piece of a response: JSON text, or one part of a stored payload (0 the body, 1 to 3 the axes). */
export type Segment = string | { readonly payload: StoredPayload; readonly part: number };

/** Whence a response is read, and how many bytes of payloads it may hold, asked before each fetch. */
export interface Reading {
  readonly db: BinarySource;
  readonly windowBytes: () => number;
}

/**
 * Writes a response out of text and stored zlib streams. For gzip and deflate the deflate blocks are handed on as they
 * lie in the database, with the text between them in stored blocks, under one header and one combined checksum
 * (RFC 1950, 1951, 1952); only identity is inflated. What is held at a time is one window: a batch of payloads or a slice of
 * one.
 * Throws PayloadGone where a payload vanished meanwhile.
 */
export async function* splicedBody(
  reading: Reading,
  segments: readonly Segment[],
  encoding: BodyEncoding,
): AsyncGenerator<Buffer> {
  const writer = encoding === 'identity' ? new IdentityWriter(reading.windowBytes) : new SplicingWriter(encoding);
  let pieces = writer.start();
  let held = bytesOf(pieces);
  for await (const item of resolved(reading, segments)) {
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
/** Payloads up to this many bytes are fetched together, at most so many; a larger one in slices. */
const SMALL_PAYLOAD_BYTES = 128 * 1024;
const BATCH_PAYLOADS = 256;

function bytesOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The segments with their payloads fetched: in batches where small, block by block and in slices where large. */
async function* resolved(
  reading: Reading,
  segments: Iterable<Segment>,
): AsyncGenerator<string | StoredStream | SlicedStream> {
  let window = reading.windowBytes();
  let batch: Segment[] = [];
  let payloads = new Map<number, StoredPayload>();
  let bytes = 0;
  for (const segment of segments) {
    if (typeof segment !== 'string' && isLarge(segment.payload)) {
      yield* resolvedBatch(reading.db, batch, payloads);
      yield* resolvedBlocks(reading, segment.payload, segment.part);
      [batch, payloads, bytes] = [[], new Map<number, StoredPayload>(), 0];
      continue;
    }
    if (typeof segment !== 'string' && !payloads.has(segment.payload.payloadId)) {
      if (bytes + segment.payload.storedBytes > window || payloads.size === BATCH_PAYLOADS) {
        yield* resolvedBatch(reading.db, batch, payloads);
        [batch, payloads, bytes] = [[], new Map<number, StoredPayload>(), 0];
        window = reading.windowBytes();
      }
      payloads.set(segment.payload.payloadId, segment.payload);
      bytes += segment.payload.storedBytes;
    }
    batch.push(segment);
  }
  yield* resolvedBatch(reading.db, batch, payloads);
}

async function* resolvedBatch(
  db: BinarySource,
  batch: readonly Segment[],
  payloads: ReadonlyMap<number, StoredPayload>,
): AsyncGenerator<string | StoredStream> {
  const [first] = payloads.values();
  const blocks =
    first === undefined
      ? new Map<number, BlockStreams>()
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
  return blocks > 1 || storedBytes > SMALL_PAYLOAD_BYTES;
}

async function* resolvedBlocks(reading: Reading, payload: StoredPayload, part: number): AsyncGenerator<SlicedStream> {
  for (let block = 0; block < payload.blocks; block++) {
    const stream = await openBlockPart(reading.db, payload, block, part, reading.windowBytes);
    if (stream === undefined) return;
    yield stream;
  }
}

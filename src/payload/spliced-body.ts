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
 * (RFC 1950, 1951, 1952); only identity is inflated. It comes in pieces that are worth a write together. What is held at a time is one
 * window: a batch of payloads or a slice of one.
 * Throws PayloadGone where a payload vanished meanwhile.
 */
export async function* splicedBody(
  reading: Reading,
  segments: readonly Segment[],
  encoding: BodyEncoding,
): AsyncGenerator<Buffer[]> {
  const writer = encoding === 'identity' ? new IdentityWriter(reading.windowBytes) : new SplicingWriter(encoding);
  const flushBytes = Math.max(LEAST_FLUSH_BYTES, Math.min(MOST_FLUSH_BYTES, reading.windowBytes()));
  const ready = new ReadyPieces();
  ready.add(writer.start());
  for await (const item of resolved(reading, segments, encoding)) {
    if (typeof item !== 'string' && 'slices' in item) {
      if (ready.bytes > 0) yield ready.take();
      yield* writer.slices(item);
      continue;
    }
    ready.add(typeof item === 'string' ? writer.text(Buffer.from(item)) : await writer.stream(item));
    if (ready.bytes >= flushBytes) yield ready.take();
  }
  ready.add(writer.end());
  yield ready.take();
}

/** Pieces on their way out: small ones are put together, large ones stay as they are. */
class ReadyPieces {
  bytes = 0;
  private done: Buffer[] = [];
  private small: Buffer[] = [];

  add(pieces: readonly Buffer[]): void {
    for (const piece of pieces) {
      this.bytes += piece.length;
      if (piece.length >= OWN_PIECE_BYTES) this.join();
      (piece.length >= OWN_PIECE_BYTES ? this.done : this.small).push(piece);
    }
  }

  take(): Buffer[] {
    this.join();
    const { done } = this;
    [this.done, this.bytes] = [[], 0];
    return done;
  }

  private join(): void {
    if (this.small.length > 0) this.done.push(Buffer.concat(this.small));
    this.small = [];
  }
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

/** So much is sent at a time, where there is room for it. */
const LEAST_FLUSH_BYTES = 64 * 1024;
const MOST_FLUSH_BYTES = 256 * 1024;
const OWN_PIECE_BYTES = 16 * 1024;
/** Payloads of up to this many bytes, text of up to so many, are fetched whole, however small the window is. */
const SMALL_PAYLOAD_BYTES = 128 * 1024;
const SMALL_TEXT_BYTES = 512 * 1024;
/** Fetched together, at most so many. */
const BATCH_PAYLOADS = 256;

/** The segments with their payloads fetched: in batches that fit the window, and what does not fit part by part and in slices. */
async function* resolved(
  reading: Reading,
  segments: Iterable<Segment>,
  encoding: BodyEncoding,
): AsyncGenerator<string | StoredStream | SlicedStream> {
  let window = reading.windowBytes();
  let batch: Segment[] = [];
  let payloads = new Map<number, StoredPayload>();
  let bytes = 0;
  for (const segment of segments) {
    if (typeof segment !== 'string' && isLarge(segment.payload, window, encoding)) {
      yield* resolvedBatch(reading.db, batch, payloads);
      yield* resolvedBlocks(reading, segment.payload, segment.part);
      [batch, payloads, bytes] = [[], new Map<number, StoredPayload>(), 0];
      continue;
    }
    if (typeof segment !== 'string' && !payloads.has(segment.payload.payloadId)) {
      const needed = heldBytes(segment.payload, encoding);
      if (bytes + needed > window || payloads.size === BATCH_PAYLOADS) {
        yield* resolvedBatch(reading.db, batch, payloads);
        [batch, payloads, bytes] = [[], new Map<number, StoredPayload>(), 0];
        window = reading.windowBytes();
      }
      payloads.set(segment.payload.payloadId, segment.payload);
      bytes += needed;
    }
    batch.push(segment);
  }
  yield* resolvedBatch(reading.db, batch, payloads);
}

/** What a payload takes while it is sent: for identity its text, a part at a time, comes on top. */
function heldBytes({ storedBytes, rawBytes }: StoredPayload, encoding: BodyEncoding): number {
  return encoding === 'identity' ? Math.max(storedBytes, Math.min(rawBytes, SMALL_TEXT_BYTES)) : storedBytes;
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

function isLarge({ blocks, storedBytes, rawBytes }: StoredPayload, window: number, encoding: BodyEncoding): boolean {
  if (blocks > 1 || storedBytes > Math.max(window, SMALL_PAYLOAD_BYTES)) return true;
  return encoding === 'identity' && rawBytes > Math.max(window, SMALL_TEXT_BYTES);
}

async function* resolvedBlocks(reading: Reading, payload: StoredPayload, part: number): AsyncGenerator<SlicedStream> {
  for (let block = 0; block < payload.blocks; block++) {
    const stream = await openBlockPart(reading.db, payload, block, part, reading.windowBytes);
    if (stream === undefined) return;
    yield stream;
  }
}

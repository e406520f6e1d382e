import type { BufferPool } from '../json/buffer-pool.js';
import type { BinarySource } from '../prisma/database.js';
import { WRAPPER_BYTES } from './aligned-deflate.js';
import { BodyOutput, type Outgoing } from './body-output.js';
import {
  blocksOf,
  type DirectoryEntry,
  fetchDirectory,
  fetchPart,
  type Fetched,
  fetchSingleBlocks,
  type FoundPayload,
  openSliced,
  PayloadGone,
  type SingleBlocks,
  type StoredStream,
  streamsIn,
} from './fetch-payload.js';
import { IdentityWriter } from './identity-writer.js';
import type { StoredPayload } from './payload-store.js';
import { type PayloadPart, SegmentList, type Segments, type TextRun } from './segment-list.js';
import { OVERHEAD_BYTES, SplicingWriter, STORED_BLOCK_BYTES, STORED_BLOCK_HEADER_BYTES } from './splicing-writer.js';

export type BodyEncoding = 'identity' | 'gzip' | 'deflate';

/** Whence a response is read, and how many bytes of payloads it may hold, asked before each fetch. */
export interface Reading {
  readonly db: BinarySource;
  readonly pool: BufferPool;
  readonly windowBytes: () => number;
}

/**
 * Writes a response out of text and stored zlib streams. For gzip and deflate the deflate blocks are handed on as they
 * lie in the database, with the text between them in stored blocks, under one header and one combined checksum
 * (RFC 1950, 1951, 1952); only identity is inflated. It comes in portions that are worth a write. What is held at a time is one
 * window: a batch of payloads, or some blocks or a slice of one.
 * Throws PayloadGone where a payload vanished meanwhile.
 *
 * @param release is called once all was sent: streams that came along are needed no more
 */
export async function* splicedBody(
  reading: Reading,
  segments: Segments,
  encoding: BodyEncoding,
  release: () => void = () => undefined,
): AsyncGenerator<Outgoing> {
  const output = new BodyOutput(reading.pool);
  const writer =
    encoding === 'identity' ? new IdentityWriter(output, reading.windowBytes) : new SplicingWriter(encoding, output);
  const list = SegmentList.from(segments);
  const text = list.bytes;
  writer.start();
  for (const step of stepsOf(reading, list, encoding)) {
    if (output.bytes > 0) yield output.take();
    yield* step.isLarge
      ? writeLarge(reading, step, text, writer, output)
      : writeBatch(reading, step, text, writer, output);
  }
  writer.end();
  output.holds(release);
  yield output.take();
}

/** The exact length of what `splicedBody` writes; every part of a payload must be among the segments. */
export function splicedLength(segments: SegmentList, encoding: BodyEncoding): number {
  let length = encoding === 'identity' ? 0 : OVERHEAD_BYTES[encoding];
  for (const piece of segments.pieces()) {
    if (piece.payload !== undefined) {
      if (piece.part === 0) length += payloadLength(piece.payload, encoding);
      continue;
    }
    const bytes = piece.end - piece.start;
    const blocks = encoding === 'identity' ? 0 : Math.ceil(bytes / STORED_BLOCK_BYTES);
    length += bytes + blocks * STORED_BLOCK_HEADER_BYTES;
  }
  return length;
}

function payloadLength({ rawBytes, storedBytes, streams }: StoredPayload, encoding: BodyEncoding): number {
  return encoding === 'identity' ? rawBytes : storedBytes - streams * WRAPPER_BYTES;
}

type Writer = IdentityWriter | SplicingWriter;

/** So much is sent at a time, where there is room for it. */
const LEAST_FLUSH_BYTES = 64 * 1024;
const MOST_FLUSH_BYTES = 256 * 1024;
/** Payloads of up to this many bytes, text of up to so many, are fetched whole, however small the window is. */
const SMALL_PAYLOAD_BYTES = 128 * 1024;
const SMALL_TEXT_BYTES = 512 * 1024;
/** Fetched together, at most so many. */
const BATCH_PAYLOADS = 256;

/** Pieces for one fetch. */
interface Step {
  readonly pieces: (TextRun | PayloadPart)[];
  /** To be fetched. */
  readonly payloads: StoredPayload[];
  /** There is one payload, and it does not fit into the window. */
  readonly isLarge: boolean;
}

/** The pieces in steps: as many payloads as fit into the window, or one that does not. */
function* stepsOf(reading: Reading, segments: SegmentList, encoding: BodyEncoding): Generator<Step> {
  let window = reading.windowBytes();
  let step: Step = { pieces: [], payloads: [], isLarge: false };
  let last: FoundPayload | undefined;
  let bytes = 0;
  for (const piece of segments.pieces()) {
    if (piece.payload !== undefined && piece.payload !== last) {
      last = piece.payload;
      const large = isLarge(last, window, encoding);
      const needed = heldBytes(last, encoding);
      if (large || step.isLarge || bytes + needed > window || step.payloads.length === BATCH_PAYLOADS) {
        if (step.pieces.length > 0) yield step;
        window = reading.windowBytes();
        step = { pieces: [], payloads: [], isLarge: large };
        bytes = 0;
      }
      if (large || last.along === undefined) step.payloads.push(last);
      bytes += needed;
    }
    step.pieces.push(piece);
  }
  if (step.pieces.length > 0) yield step;
}

/** What a payload takes while it is sent: for identity its text, a part at a time, comes on top. */
function heldBytes({ storedBytes, rawBytes }: StoredPayload, encoding: BodyEncoding): number {
  return encoding === 'identity' ? Math.max(storedBytes, Math.min(rawBytes, SMALL_TEXT_BYTES)) : storedBytes;
}

function isLarge({ blocks, storedBytes, rawBytes }: StoredPayload, window: number, encoding: BodyEncoding): boolean {
  if (blocks > 1 || storedBytes > Math.max(window, SMALL_PAYLOAD_BYTES)) return true;
  return encoding === 'identity' && rawBytes > Math.max(window, SMALL_TEXT_BYTES);
}

/** What is left of it when the next step begins is the caller's to send. */
async function* writeBatch(
  reading: Reading,
  { pieces, payloads }: Step,
  text: Buffer,
  writer: Writer,
  output: BodyOutput,
): AsyncGenerator<Outgoing> {
  const fetched = payloads.length === 0 ? undefined : await fetchSingleBlocks(reading, payloads);
  const flushBytes = flushBytesOf(reading);
  let last: FoundPayload | undefined;
  let streamOf: ((part: number) => StoredStream | undefined) | undefined;
  for (const piece of pieces) {
    if (piece.payload === undefined) {
      writer.text(text, piece.start, piece.end);
      continue;
    }
    if (piece.payload !== last) {
      last = piece.payload;
      streamOf = streamsIn(last.along ?? (fetched as Fetched<SingleBlocks>).streams.of(last.payloadId));
    }
    const stream = streamOf?.(piece.part);
    if (stream === undefined) throw new PayloadGone();
    const pending = writer.stream(stream);
    // Where nothing is inflated, a turn of the event loop's queue for each of many small pages would cost more than the page.
    if (pending !== undefined) await pending;
    if (writer instanceof IdentityWriter && output.bytes >= flushBytes) yield output.take();
  }
  if (fetched !== undefined) output.holds(fetched.release);
}

function flushBytesOf({ windowBytes }: Reading): number {
  return Math.max(LEAST_FLUSH_BYTES, Math.min(MOST_FLUSH_BYTES, windowBytes()));
}

async function* writeLarge(
  reading: Reading,
  { pieces, payloads }: Step,
  text: Buffer,
  writer: Writer,
  output: BodyOutput,
): AsyncGenerator<Outgoing> {
  const [payload] = payloads as [StoredPayload];
  const directory = await fetchDirectory(reading, payload);
  for (const piece of pieces) {
    if (piece.payload === undefined) {
      writer.text(text, piece.start, piece.end);
      continue;
    }
    for (const entries of runsOf(directory[piece.part] ?? [], reading.windowBytes)) {
      yield* writeRun(reading, { ...piece, entries }, writer, output);
    }
  }
}

/** Streams in runs that are written together: what came along with the directory, as many as fit into the window, or one that does not. */
function* runsOf(entries: readonly DirectoryEntry[], windowBytes: () => number): Generator<DirectoryEntry[]> {
  let run: DirectoryEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const belongs = (entry.stream === undefined) === (run[0]?.stream === undefined);
    if (run.length > 0 && (!belongs || bytes + entry.storedBytes > windowBytes())) {
      yield run;
      [run, bytes] = [[], 0];
    }
    run.push(entry);
    bytes += entry.storedBytes;
  }
  if (run.length > 0) yield run;
}

interface PartRun {
  readonly payload: StoredPayload;
  readonly part: number;
  readonly entries: readonly DirectoryEntry[];
}

async function* writeRun(reading: Reading, run: PartRun, writer: Writer, output: BodyOutput): AsyncGenerator<Outgoing> {
  const { payload, part, entries } = run;
  const [first] = entries as [DirectoryEntry];
  if (first.stream !== undefined) {
    for (const { stream } of entries) await writer.stream(stream as StoredStream);
    return;
  }
  if (output.bytes >= flushBytesOf(reading)) yield output.take();
  if (first.storedBytes > Math.max(reading.windowBytes(), SMALL_PAYLOAD_BYTES)) {
    const stream = await openSliced(reading, payload, part, first.block, reading.windowBytes);
    yield* writeSlices(reading, writer.slices(stream), output);
    return;
  }
  const fetched = await fetchPart(reading, payload, part, entries);
  for (const stream of fetched.streams) {
    if (writer instanceof IdentityWriter && stream.rawLength > SMALL_TEXT_BYTES) {
      yield* writeSlices(reading, writer.slices({ slices: [blocksOf(stream)] }), output);
    } else {
      await writer.stream(stream);
    }
  }
  output.holds(fetched.release);
}

async function* writeSlices(
  reading: Reading,
  slices: AsyncIterable<Buffer>,
  output: BodyOutput,
): AsyncGenerator<Outgoing> {
  for await (const slice of slices) {
    output.add(slice);
    if (output.bytes >= flushBytesOf(reading)) yield output.take();
  }
}

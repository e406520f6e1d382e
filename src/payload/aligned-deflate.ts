import { constants, crc32, createDeflate, type Deflate, deflateSync, type ZlibOptions } from 'node:zlib';
import { READERS_FIRST } from '../turns/readers-first.js';
import { adler32 } from './checksums.js';
import { strategyFor } from './deflate-strategy.js';

/**
 * A zlib stream (RFC 1950) whose deflate blocks end at a byte boundary, followed by one final empty block. Its blocks
 * can be cut out, between header and trailer, and joined with others without inflating them, and any tool inflates it as it is.
 */
export interface AlignedStream {
  /** Its bytes, in pieces. */
  readonly pieces: readonly Buffer[];
  /** Length of the text in bytes. */
  readonly rawLength: number;
  /** CRC-32 of the text; its Adler-32 is the stream's own trailer. */
  readonly crc32: number;
}

/** The final block: empty, with fixed codes. */
export const FINAL_BLOCK = Buffer.from([0x03, 0x00]);
export const HEADER_BYTES = 2;
export const ADLER_BYTES = 4;
export const TRAILER_BYTES = FINAL_BLOCK.length + ADLER_BYTES;
/** Bytes of an aligned stream that are not its deflate blocks. */
export const WRAPPER_BYTES = HEADER_BYTES + TRAILER_BYTES;

/** Deflate with a 32 KiB window, default level (RFC 1950, 2.2). */
const ZLIB_HEADER = 0x789c;
/** Of a stored block, if it begins at a byte boundary. */
const STORED_HEADER_BYTES = 5;
/** Up to so many bytes, most axes, compressing costs twenty times more than storing, and saves next to nothing of a row. */
const STORED_BYTES = 256;
/** Below this many bytes a trip through the thread pool costs more than the work. */
const SYNC_BYTES = 16 * 1024;
/** Number text is packed to less than this share; where it is not, zlib goes on in a second piece. */
const PACKED_SHARE = 0.5;
/** Takes zlib two to four milliseconds; in between those who read go first. */
const STEP_BYTES = 256 * 1024;

/** Compresses `text`, on zlib's threads unless it is short. */
export async function alignedDeflate(text: Buffer): Promise<AlignedStream> {
  const pieces = text.length <= SYNC_BYTES ? [shortBody(text), trailer(text)] : await deflatedInPool(text);
  return { pieces, rawLength: text.length, crc32: crc32(text) };
}

/** Where in `bytes` the text of the stream from `start` to `end` begins if it is stored as it is; undefined where it is compressed. */
export function storedTextAt(bytes: Buffer, start: number, end: number, rawLength: number): number | undefined {
  if (end - start !== HEADER_BYTES + STORED_HEADER_BYTES + rawLength + TRAILER_BYTES) return undefined;
  const block = start + HEADER_BYTES;
  if (bytes[block] !== 0 || bytes.readUInt16LE(block + 1) !== rawLength) return undefined;
  return block + STORED_HEADER_BYTES;
}

/** Header and one stored block (RFC 1951, 3.2.4). */
function storedBody(text: Buffer): Buffer {
  const body = Buffer.allocUnsafe(HEADER_BYTES + STORED_HEADER_BYTES + text.length);
  body.writeUInt16BE(ZLIB_HEADER, 0);
  body.writeUInt8(0, HEADER_BYTES);
  body.writeUInt16LE(text.length, HEADER_BYTES + 1);
  body.writeUInt16LE(~text.length & 0xffff, HEADER_BYTES + 3);
  text.copy(body, HEADER_BYTES + STORED_HEADER_BYTES);
  return body;
}

function shortBody(text: Buffer): Buffer {
  if (text.length <= STORED_BYTES) return storedBody(text);
  return deflateSync(text, { ...deflateOptions(text), finishFlush: constants.Z_FULL_FLUSH });
}

function trailer(text: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(TRAILER_BYTES);
  FINAL_BLOCK.copy(bytes);
  bytes.writeUInt32BE(adler32(text), FINAL_BLOCK.length);
  return bytes;
}

/**
 * The whole stream. All of the text goes in before the end is announced, so that zlib flushes behind it, and has nothing left
 * for its final block; the Adler-32 of a long text is then reckoned on zlib's threads too.
 */
async function deflatedInPool(text: Buffer): Promise<Buffer[]> {
  const stream = createDeflate({ ...deflateOptions(text), flush: constants.Z_SYNC_FLUSH });
  void writeInSteps(stream, text);
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  return pieces;
}

/** What goes wrong shows where the stream is read. */
async function writeInSteps(stream: Deflate, text: Buffer): Promise<void> {
  for (let at = 0; at < text.length; at += STEP_BYTES) {
    await READERS_FIRST.giveWay();
    await new Promise((resolve) => stream.write(text.subarray(at, at + STEP_BYTES), resolve));
  }
  stream.end();
}

function deflateOptions(text: Buffer): ZlibOptions {
  return { ...strategyFor(text), chunkSize: Math.ceil(text.length * PACKED_SHARE) + 64 };
}

import { promisify } from 'node:util';
import { constants, crc32, deflate, deflateSync, type ZlibOptions } from 'node:zlib';
import { adler32 } from './checksums.js';
import { strategyFor } from './deflate-strategy.js';

/**
 * A zlib stream (RFC 1950) whose deflate blocks end at a byte boundary, followed by one final empty block. Its blocks
 * can be cut out and joined with others without inflating them (`deflateBlocks`), and any tool inflates it as it is.
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
const ADLER_BYTES = 4;
const TRAILER_BYTES = FINAL_BLOCK.length + ADLER_BYTES;
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
const deflateInPool = promisify<Buffer, ZlibOptions, Buffer>(deflate);

/** Compresses `text` on zlib's threads. */
export async function alignedDeflate(text: Buffer): Promise<AlignedStream> {
  const body = text.length <= STORED_BYTES ? storedBody(text) : await deflatedBody(text);
  const end = Buffer.allocUnsafe(TRAILER_BYTES);
  FINAL_BLOCK.copy(end);
  end.writeUInt32BE(adler32(text), FINAL_BLOCK.length);
  return { pieces: [body, end], rawLength: text.length, crc32: crc32(text) };
}

/** The text of a stream that is stored as it is; undefined where it is compressed. */
export function storedText(stream: Buffer, rawLength: number): Buffer | undefined {
  if (stream.length !== HEADER_BYTES + STORED_HEADER_BYTES + rawLength + TRAILER_BYTES) return undefined;
  if (stream[HEADER_BYTES] !== 0 || stream.readUInt16LE(HEADER_BYTES + 1) !== rawLength) return undefined;
  return stream.subarray(HEADER_BYTES + STORED_HEADER_BYTES, -TRAILER_BYTES);
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

async function deflatedBody(text: Buffer): Promise<Buffer> {
  const options = {
    ...strategyFor(text),
    finishFlush: constants.Z_FULL_FLUSH,
    chunkSize: Math.ceil(text.length * PACKED_SHARE) + 64,
  };
  return text.length <= SYNC_BYTES ? deflateSync(text, options) : deflateInPool(text, options);
}

/** The deflate blocks of an aligned stream in pieces, without header, final block and checksum. */
export function deflateBlocks(stream: readonly Buffer[]): Buffer[] {
  const blocks: Buffer[] = [];
  let from = HEADER_BYTES;
  let left = lengthOf(stream) - WRAPPER_BYTES;
  for (const piece of stream) {
    const part = piece.subarray(from, from + left);
    from = Math.max(0, from - piece.length);
    left -= part.length;
    if (part.length > 0) blocks.push(part);
  }
  return blocks;
}

/** The Adler-32 that an aligned stream carries. */
export function adlerOf(stream: readonly Buffer[]): number {
  const last = stream.at(-1) as Buffer;
  if (last.length >= ADLER_BYTES) return last.readUInt32BE(last.length - ADLER_BYTES);
  return Buffer.concat(stream).readUInt32BE(lengthOf(stream) - ADLER_BYTES);
}

function lengthOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((bytes, piece) => bytes + piece.length, 0);
}

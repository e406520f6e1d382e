import { promisify } from 'node:util';
import { constants, crc32, deflate, deflateSync } from 'node:zlib';
import { adler32 } from './checksums.js';

/**
 * A zlib stream (RFC 1950) whose deflate blocks end at a byte boundary, followed by one final empty block. Its blocks
 * can be cut out and joined with others without inflating them (`deflateBlocks`), and any tool inflates it as it is.
 */
export interface AlignedStream {
  readonly bytes: Buffer;
  /** Length of the text in bytes. */
  readonly rawLength: number;
  /** CRC-32 of the text; its Adler-32 is the stream's own trailer. */
  readonly crc32: number;
}

/** The final block: empty, with fixed codes. */
export const FINAL_BLOCK = Buffer.from([0x03, 0x00]);
export const HEADER_BYTES = 2;
const TRAILER_BYTES = FINAL_BLOCK.length + 4;
/** Bytes of an aligned stream that are not its deflate blocks. */
export const WRAPPER_BYTES = HEADER_BYTES + TRAILER_BYTES;

/** Level 4 packs number text as well as 6 does, at less than half the time (measured, see docs/decisions). */
const OPTIONS = { level: 4, finishFlush: constants.Z_FULL_FLUSH };
/** Below this many bytes a trip through the thread pool costs more than the work. */
const SYNC_BYTES = 1_024;
const deflateInPool = promisify<Buffer, typeof OPTIONS, Buffer>(deflate);

/** Compresses `text` on zlib's threads. */
export async function alignedDeflate(text: Buffer): Promise<AlignedStream> {
  const body = text.length <= SYNC_BYTES ? deflateSync(text, OPTIONS) : await deflateInPool(text, OPTIONS);
  const bytes = Buffer.allocUnsafe(body.length + TRAILER_BYTES);
  body.copy(bytes);
  FINAL_BLOCK.copy(bytes, body.length);
  bytes.writeUInt32BE(adler32(text), body.length + FINAL_BLOCK.length);
  return { bytes, rawLength: text.length, crc32: crc32(text) };
}

/** The deflate blocks of an aligned stream, without header, final block and checksum. */
export function deflateBlocks(stream: Buffer): Buffer {
  return stream.subarray(HEADER_BYTES, stream.length - TRAILER_BYTES);
}

/** The Adler-32 that an aligned stream carries. */
export function adlerOf(stream: Buffer): number {
  return stream.readUInt32BE(stream.length - 4);
}

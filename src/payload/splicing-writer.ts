import { ADLER_BYTES, FINAL_BLOCK, HEADER_BYTES, TRAILER_BYTES } from './aligned-deflate.js';
import type { BodyOutput } from './body-output.js';
import { adler32, adler32Combine, crc32Combine, crc32Of } from './checksums.js';
import type { SlicedStream, StoredStream } from './fetch-payload.js';
import { SegmentList } from './segment-list.js';

/** A stored block holds at most this many bytes (RFC 1951, 3.2.4). */
export const STORED_BLOCK_BYTES = 65_535;
export const STORED_BLOCK_HEADER_BYTES = SegmentList.ROOM_BYTES;
/** Header, final block and trailer of a whole body. */
export const OVERHEAD_BYTES = { gzip: 10 + 2 + 8, deflate: 2 + 2 + 4 } as const;
/** Magic, deflate, no flags, no time, no extra flags, unknown system. */
const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff]);
/** Deflate with a 32 KiB window, checked, default level. */
const ZLIB_HEADER = Buffer.from([0x78, 0x9c]);

/**
 * Writes one gzip or zlib stream (RFC 1952, 1950) out of text in stored blocks and the deflate blocks of stored streams, with a
 * checksum that is combined from theirs.
 */
export class SplicingWriter {
  private checksum: number;
  private rawLength = 0;

  constructor(
    private readonly encoding: 'gzip' | 'deflate',
    private readonly output: BodyOutput,
  ) {
    this.checksum = encoding === 'gzip' ? 0 : 1;
  }

  start(): void {
    this.output.add(this.encoding === 'gzip' ? GZIP_HEADER : ZLIB_HEADER);
  }

  /** The text from `start` to `end`, before which there is room for the header of a stored block. */
  text(bytes: Buffer, start: number, end: number): void {
    this.countText(bytes, start, end);
    if (end - start > STORED_BLOCK_BYTES) {
      this.longText(bytes, start, end);
      return;
    }
    writeBlockHeader(bytes, start - STORED_BLOCK_HEADER_BYTES, end - start);
    this.output.add(bytes, start - STORED_BLOCK_HEADER_BYTES, end);
  }

  stream({ bytes, start, end, rawLength, crc32: crc }: StoredStream): undefined {
    this.countStream(rawLength, this.encoding === 'gzip' ? crc : bytes.readUInt32BE(end - ADLER_BYTES));
    this.output.add(bytes, start + HEADER_BYTES, end - TRAILER_BYTES);
  }

  slices(stream: SlicedStream): AsyncIterable<Buffer> {
    this.countStream(stream.rawLength, this.encoding === 'gzip' ? stream.crc32 : stream.adler32);
    return stream.slices;
  }

  end(): void {
    const trailer = Buffer.alloc(this.encoding === 'gzip' ? 8 : 4);
    if (this.encoding === 'gzip') {
      trailer.writeUInt32LE(this.checksum, 0);
      trailer.writeUInt32LE(this.rawLength % 2 ** 32, 4);
    } else {
      trailer.writeUInt32BE(this.checksum, 0);
    }
    this.output.add(FINAL_BLOCK);
    this.output.add(trailer);
  }

  private longText(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at += STORED_BLOCK_BYTES) {
      const partEnd = Math.min(at + STORED_BLOCK_BYTES, end);
      const header = Buffer.allocUnsafe(STORED_BLOCK_HEADER_BYTES);
      writeBlockHeader(header, 0, partEnd - at);
      this.output.add(header);
      this.output.add(bytes, at, partEnd);
    }
  }

  private countText(bytes: Buffer, start: number, end: number): void {
    this.checksum =
      this.encoding === 'gzip'
        ? crc32Of(bytes, start, end, this.checksum)
        : adler32Combine(this.checksum, adler32(bytes, start, end), end - start);
    this.rawLength += end - start;
  }

  private countStream(length: number, checksum: number): void {
    const combine = this.encoding === 'gzip' ? crc32Combine : adler32Combine;
    this.checksum = combine(this.checksum, checksum, length);
    this.rawLength += length;
  }
}

/** No final block, of the kind that is stored, and its length twice (RFC 1951, 3.2.4). */
function writeBlockHeader(buffer: Buffer, at: number, length: number): void {
  buffer[at] = 0;
  buffer[at + 1] = length & 0xff;
  buffer[at + 2] = length >> 8;
  buffer[at + 3] = ~length & 0xff;
  buffer[at + 4] = (~length >> 8) & 0xff;
}

import { ADLER_BYTES, FINAL_BLOCK, HEADER_BYTES, TRAILER_BYTES } from './aligned-deflate.js';
import type { BodyOutput } from './body-output.js';
import { adler32, adler32Combine, crc32Combine, crc32Of } from './checksums.js';
import type { SlicedStream, StoredStream } from './fetch-payload.js';

/** A stored block holds at most this many bytes (RFC 1951, 3.2.4). */
export const STORED_BLOCK_BYTES = 65_535;
export const STORED_BLOCK_HEADER_BYTES = 5;
/** A text of up to so many UTF-16 code units is one stored block for certain. */
const SHORT_TEXT = STORED_BLOCK_BYTES / 3;
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

  text(text: string): void {
    if (text.length > SHORT_TEXT) {
      this.longText(Buffer.from(text));
      return;
    }
    const { buffer, start, end } = this.output.addText(text, STORED_BLOCK_HEADER_BYTES);
    const textAt = start + STORED_BLOCK_HEADER_BYTES;
    writeBlockHeader(buffer, start, end - textAt);
    this.countText(buffer, textAt, end);
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

  private longText(text: Buffer): void {
    this.countText(text);
    for (let at = 0; at < text.length; at += STORED_BLOCK_BYTES) {
      const part = text.subarray(at, at + STORED_BLOCK_BYTES);
      const header = Buffer.allocUnsafe(STORED_BLOCK_HEADER_BYTES);
      writeBlockHeader(header, 0, part.length);
      this.output.add(header);
      this.output.add(part);
    }
  }

  private countText(bytes: Buffer, start = 0, end = bytes.length): void {
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

import { crc32 } from 'node:zlib';
import { adlerOf, deflateBlocks, FINAL_BLOCK } from './aligned-deflate.js';
import { adler32, adler32Combine, crc32Combine } from './checksums.js';
import type { SlicedStream, StoredStream } from './fetch-payload.js';

/** A stored block holds at most this many bytes (RFC 1951, 3.2.4). */
export const STORED_BLOCK_BYTES = 65_535;
export const STORED_BLOCK_HEADER_BYTES = 5;
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

  stream({ pieces, rawLength, crc32: crc }: StoredStream): Buffer[] {
    this.count(rawLength, this.encoding === 'gzip' ? crc : adlerOf(pieces));
    return deflateBlocks(pieces);
  }

  slices(stream: SlicedStream): AsyncIterable<Buffer[]> {
    this.count(stream.rawLength, this.encoding === 'gzip' ? stream.crc32 : stream.adler32);
    return stream.slices;
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

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';

/** What a file is known by. */
export interface FileDigest {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

const CHUNK_BYTES = 256 * 1024;
const GZIP_LEVEL = { fast: 1, none: 0 } as const;

/**
 * Writes a stream as a gzip file that is on the disk when this resolves; holds a few chunks at a time.
 * @param level `none` for what is compressed already, where another try costs five times the time and gains nothing
 */
export async function writeTableFile(
  path: string,
  rows: Readable,
  level: keyof typeof GZIP_LEVEL,
): Promise<FileDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  };
  const gzip = createGzip({ level: GZIP_LEVEL[level], chunkSize: CHUNK_BYTES });
  await pipeline(rows, gzip, counted, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }));
  return { bytes, sha256: hash.digest('hex') };
}

/** Hands the inflated content of such a file on. */
export async function readTableFile(path: string, rows: Writable): Promise<void> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  await pipeline(createReadStream(path, { highWaterMark: CHUNK_BYTES }), gunzip, rows);
}

export async function digestOfFile(path: string): Promise<FileDigest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

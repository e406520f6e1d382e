import { setImmediate as nextTurn } from 'node:timers/promises';
import { types } from 'node:util';
import { createGunzip, createInflate, type Gunzip, type Inflate } from 'node:zlib';
import { invalid } from '../errors/app-error.js';

/** What a body is cut into: so much is scanned without a pause. */
export const CHUNK_BYTES = 64 * 1024;

const DECOMPRESSORS = new Map<string | undefined, typeof createGunzip | typeof createInflate>([
  ['gzip', createGunzip],
  ['deflate', createInflate],
]);

/** The encodings in which a body may come, besides as it is. */
export const BODY_ENCODINGS: readonly string[] = ['gzip', 'deflate'];

/** Inflates what is written to it, in chunks of at most CHUNK_BYTES; undefined where there is nothing to inflate. */
export function createDecompressor(encoding: string | undefined): Gunzip | Inflate | undefined {
  return DECOMPRESSORS.get(encoding)?.({ chunkSize: CHUNK_BYTES });
}

/** An error of zlib as `invalid`; any other as it is. */
export function asDamage(error: unknown, encoding: string | undefined): unknown {
  const code = types.isNativeError(error) && 'code' in error ? String(error.code) : '';
  return code.startsWith('Z_') ? invalid('body', `is not valid ${String(encoding)} data`) : error;
}

/** Between two turns of the event loop at most so much of a body that lies ready is handed on. */
const TURN_BYTES = 8 * CHUNK_BYTES;

/** A body that is all there, inflated, in chunks of at most CHUNK_BYTES. Throws `invalid` where it is damaged. */
export async function* inflate(content: Buffer, encoding: string | undefined): AsyncGenerator<Buffer> {
  const decompressor = createDecompressor(encoding);
  if (decompressor === undefined) {
    for (let at = 0; at < content.length; at += CHUNK_BYTES) {
      if (at % TURN_BYTES === 0 && at > 0) await nextTurn();
      yield content.subarray(at, at + CHUNK_BYTES);
    }
    return;
  }
  decompressor.end(content);
  try {
    yield* decompressor as AsyncIterable<Buffer>;
  } catch (error) {
    throw asDamage(error, encoding);
  } finally {
    decompressor.destroy();
  }
}

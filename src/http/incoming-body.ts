import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors/app-error.js';
import { asDamage, CHUNK_BYTES, createDecompressor } from '../ingest/inflate.js';

/** A sender that sends nothing for so long is cut off. */
const STALLED_MS = 30_000;

/**
 * The body of a request, inflated, in chunks of at most 64 KiB. Throws `invalid` where the compressed data is damaged
 * or cut off, `timeout` where the sender stalls. The reader counts bytes while they come, so a small body that
 * inflates without end costs nothing but the bytes up to the limit.
 */
export async function* incomingChunks(request: IncomingMessage, encoding: string | undefined): AsyncGenerator<Buffer> {
  const decompressor = createDecompressor(encoding);
  const source = decompressor === undefined ? request : request.pipe(decompressor);
  const stalled = () => source.destroy(new AppError('timeout', 'body: nothing was received for 30 s'));
  let timer = setTimeout(stalled, STALLED_MS);
  // A sender that goes away must end the wait on the decompressor too; a request closes as well once all of it was read.
  const gone = () => {
    if (!request.complete) source.destroy(new AppError('invalid', 'body: ends too early'));
  };
  request.once('close', gone);
  try {
    // Leaving early must not destroy the request: what is left of it is read and dropped, so that the answer arrives.
    for await (const chunk of source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      clearTimeout(timer);
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES) yield chunk.subarray(at, at + CHUNK_BYTES);
      timer = setTimeout(stalled, STALLED_MS);
    }
  } catch (error) {
    throw asDamage(error, encoding);
  } finally {
    clearTimeout(timer);
    request.off('close', gone);
    if (decompressor !== undefined) {
      request.unpipe(decompressor);
      decompressor.destroy();
    }
  }
}

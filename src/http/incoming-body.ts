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
  // Leaving early must not destroy the request: what is left of it is read and dropped, so that the answer arrives.
  const chunks = source.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>;
  // A sender that goes away must end the wait on the decompressor too; a request closes as well once all of it was read.
  const gone = () => {
    if (!request.complete) source.destroy(new AppError('invalid', 'body: ends too early'));
  };
  request.once('close', gone);
  try {
    for (let next = await received(chunks); next.done !== true; next = await received(chunks)) {
      const chunk = next.value;
      for (let at = 0; at < chunk.length; at += CHUNK_BYTES) yield chunk.subarray(at, at + CHUNK_BYTES);
    }
  } catch (error) {
    throw asDamage(error, encoding);
  } finally {
    // Lets go of the request; of one that stalls it waits for the next chunk, and so must not be waited for.
    void chunks.return?.().catch(() => undefined);
    request.off('close', gone);
    if (decompressor !== undefined) {
      request.unpipe(decompressor);
      decompressor.destroy();
    }
  }
}

/** The next chunk. Throws `timeout` where there is none in time: the request stays whole, so that its sender can be told. */
async function received(chunks: AsyncIterator<Buffer>): Promise<IteratorResult<Buffer>> {
  return new Promise((resolve, reject) => {
    const stalled = () => reject(new AppError('timeout', `body: nothing was received for ${STALLED_MS / 1000} s`));
    const timer = setTimeout(stalled, STALLED_MS);
    void chunks
      .next()
      .then(resolve, reject)
      .finally(() => clearTimeout(timer));
  });
}

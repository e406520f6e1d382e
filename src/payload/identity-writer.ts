import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createInflateRaw, inflate, inflateSync } from 'node:zlib';
import { FINAL_BLOCK, storedText } from './aligned-deflate.js';
import { wholeField } from '../prisma/copy-out.js';
import type { SlicedStream, StoredStream } from './fetch-payload.js';

/** Below this many bytes of text a trip through the thread pool costs more than the work. */
const SYNC_BYTES = 32 * 1024;
/** Text that is inflated at a time, at most, of a stream that comes in slices. */
const INFLATED_BYTES = 64 * 1024;
const inflateInPool = promisify<Buffer, { readonly chunkSize: number }, Buffer>(inflate);

/** Writes plain text: streams are inflated as they come. */
export class IdentityWriter {
  /** @param windowBytes how much may be held at a time: in, and of what came out of it */
  constructor(private readonly windowBytes: () => number) {}

  start(): Buffer[] {
    return [];
  }

  text(text: Buffer): Buffer[] {
    return [text];
  }

  async stream({ pieces, rawLength }: StoredStream): Promise<Buffer[]> {
    const bytes = wholeField(pieces);
    const text = storedText(bytes, rawLength);
    if (text !== undefined) return [text];
    // In one piece, and a little more, so that zlib sees at once that it is at the end: less than half of the cost.
    const options = { chunkSize: rawLength + 64 };
    return [rawLength <= SYNC_BYTES ? inflateSync(bytes, options) : await inflateInPool(bytes, options)];
  }

  async *slices(stream: SlicedStream): AsyncGenerator<Buffer[]> {
    const inflater = createInflateRaw({ chunkSize: Math.min(INFLATED_BYTES, this.windowBytes()) });
    // What goes wrong on the way comes out of the inflater; a reader who leaves ends both.
    pipeline(Readable.from(withFinalBlock(stream)), inflater, () => undefined);
    for await (const piece of inflater as AsyncIterable<Buffer>) yield [piece];
  }

  end(): Buffer[] {
    return [];
  }
}

/** Piece by piece, none of which is held on to. */
async function* withFinalBlock({ slices }: SlicedStream): AsyncGenerator<Buffer> {
  for await (const slice of slices) {
    for (let piece = slice.shift(); piece !== undefined; piece = slice.shift()) yield piece;
  }
  yield FINAL_BLOCK;
}

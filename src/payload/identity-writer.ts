import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { createInflateRaw, inflate, inflateSync } from 'node:zlib';
import { FINAL_BLOCK, storedTextAt } from './aligned-deflate.js';
import type { BodyOutput } from './body-output.js';
import type { StoredStream } from './fetch-payload.js';

/** Below this many bytes of text a trip through the thread pool costs more than the work. */
const SYNC_BYTES = 32 * 1024;
/** Text that is inflated at a time, at most, of a stream that comes in slices. */
const INFLATED_BYTES = 64 * 1024;
const inflateInPool = promisify<Buffer, { readonly chunkSize: number }, Buffer>(inflate);

/** Writes plain text: streams are inflated as they come. */
export class IdentityWriter {
  /** @param windowBytes how much may be held at a time: in, and of what came out of it */
  constructor(
    private readonly output: BodyOutput,
    private readonly windowBytes: () => number,
  ) {}

  start(): void {}

  text(bytes: Buffer, start: number, end: number): void {
    this.output.add(bytes, start, end);
  }

  /** To be awaited where it returns a promise, so that nothing of a body comes before its turn. */
  stream({ bytes, start, end, rawLength }: StoredStream): Promise<void> | undefined {
    const textAt = storedTextAt(bytes, start, end, rawLength);
    if (textAt !== undefined) {
      this.output.add(bytes, textAt, textAt + rawLength);
      return undefined;
    }
    // In one piece, and a little more, so that zlib sees at once that it is at the end: less than half of the cost.
    const options = { chunkSize: rawLength + 64 };
    const stored = bytes.subarray(start, end);
    if (rawLength > SYNC_BYTES) return inflateInPool(stored, options).then((text) => this.output.add(text));
    this.output.add(inflateSync(stored, options));
    return undefined;
  }

  async *slices({ slices }: { readonly slices: AsyncIterable<Buffer> | Iterable<Buffer> }): AsyncGenerator<Buffer> {
    const inflater = createInflateRaw({ chunkSize: Math.min(INFLATED_BYTES, this.windowBytes()) });
    // What goes wrong on the way comes out of the inflater; a reader who leaves ends both.
    pipeline(Readable.from(withFinalBlock(slices)), inflater, () => undefined);
    yield* inflater as AsyncIterable<Buffer>;
  }

  end(): void {}
}

async function* withFinalBlock(slices: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* slices;
  yield FINAL_BLOCK;
}

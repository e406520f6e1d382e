import { alignedDeflate } from './aligned-deflate.js';
import { Spool, type SpoolSlice } from './spool.js';

/** One compressed stream that lies in a spool. */
export interface SpooledStream {
  slice: SpoolSlice;
  rawLength: number;
  crc32: number;
}

/** The texts of one payload: body and up to three axes, each in one or more blocks. */
export interface SpooledPayload {
  readonly parts: readonly (readonly SpooledStream[])[];
}

/** An array longer than about this many bytes of text goes on in a further block. */
export const BLOCK_BYTES = 4 * 1024 * 1024;

/**
 * Compresses texts on zlib's threads as they come and keeps the streams until they are written to the database.
 * Memory is bounded by awaiting `drained` between chunks of input.
 */
export class PayloadSpool {
  private readonly spool = new Spool(SPOOL_MEMORY_BYTES);
  private inFlightBytes = 0;
  private readonly running = new Set<Promise<void>>();
  private failure: Error | undefined;
  private texts = 0;

  /** Bytes of text taken in so far. */
  get rawBytes(): number {
    return this.texts;
  }

  /**
   * Starts to compress `text`, which must not change until `onEnd` says that it is needed no more; its place is known after
   * `finish`.
   */
  add(text: Buffer, onEnd?: () => void): SpooledStream {
    const stream: SpooledStream = { slice: NOWHERE, rawLength: text.length, crc32: 0 };
    this.inFlightBytes += text.length;
    this.texts += text.length;
    const job = this.compress(text, stream)
      .catch((error: unknown) => (this.failure ??= error as Error))
      .then(() => {
        this.inFlightBytes -= text.length;
        this.running.delete(job);
        onEnd?.();
      });
    this.running.add(job);
    return stream;
  }

  /** Waits until few enough bytes are in flight to take in more. */
  async drained(): Promise<void> {
    while (this.inFlightBytes > MAX_IN_FLIGHT_BYTES) await Promise.race(this.running);
    await this.spool.settled();
    if (this.failure !== undefined) throw this.failure;
  }

  /** Waits until everything is compressed and spooled. */
  async finish(): Promise<void> {
    await Promise.all(this.running);
    await this.drained();
  }

  /** In pieces. */
  read(stream: SpooledStream): Promise<readonly Buffer[]> {
    return this.spool.read(stream.slice);
  }

  async close(): Promise<void> {
    await Promise.all(this.running);
    await this.spool.close();
  }

  private async compress(text: Buffer, stream: SpooledStream): Promise<void> {
    const { pieces, crc32 } = await alignedDeflate(text);
    stream.slice = this.spool.append(...pieces);
    stream.crc32 = crc32;
  }
}

const NOWHERE: SpoolSlice = { offset: 0, length: 0 };
const SPOOL_MEMORY_BYTES = 8 * 1024 * 1024;
const MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024;

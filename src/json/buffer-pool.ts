const STEP_BYTES = 64 * 1024;

/**
 * Buffers that go round instead of becoming garbage: text by the megabyte would otherwise make V8 collect again and again.
 * What is taken must be given back by whoever used it last, or else is left to the garbage collector.
 */
export class BufferPool {
  private readonly free: Buffer[] = [];
  private freeBytes = 0;

  /** @param keepBytes what may lie here unused */
  constructor(private readonly keepBytes: number) {}

  /** A buffer of at least so many bytes, with whatever content; the largest one there is, since the next text may be long. */
  take(leastBytes: number): Buffer {
    const largest = this.free.at(-1);
    if (largest === undefined || largest.length < leastBytes) return Buffer.allocUnsafeSlow(leastBytes);
    this.free.pop();
    this.freeBytes -= largest.length;
    return largest;
  }

  /** The smallest one of at least so many bytes; a new one has a multiple of 64 KiB, so that others can use it as well. */
  takeFitting(leastBytes: number): Buffer {
    const at = this.free.findIndex(({ length }) => length >= leastBytes);
    const [fitting] = at < 0 ? [] : this.free.splice(at, 1);
    if (fitting === undefined) return Buffer.allocUnsafeSlow(Math.ceil(leastBytes / STEP_BYTES) * STEP_BYTES);
    this.freeBytes -= fitting.length;
    return fitting;
  }

  /** Nobody may use it any more, nor any part of it. */
  give(buffer: Buffer): void {
    if (this.freeBytes + buffer.length > this.keepBytes) return;
    const at = this.free.findLastIndex((other) => other.length <= buffer.length);
    this.free.splice(at + 1, 0, buffer);
    this.freeBytes += buffer.length;
  }
}

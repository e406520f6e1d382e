import type { TextSink } from './text-sink.js';

/** Gathers the compact text of one value, up to a limit. */
export class TextBuffer implements TextSink {
  private bytes = Buffer.allocUnsafe(64);
  private length = 0;

  /**
   * @param maxBytes of text
   * @param overLimit makes the error for more than that
   * @param onEnd takes the whole text
   */
  constructor(
    private readonly maxBytes: number,
    private readonly overLimit: () => Error,
    private readonly onEnd: (text: Buffer) => void,
    readonly keepsSurrogates = false,
  ) {}

  write(bytes: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.maxBytes) throw this.overLimit();
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(Math.max(needed, this.bytes.length * 2), this.maxBytes));
      this.bytes.copy(larger, 0, 0, this.length);
      this.bytes = larger;
    }
    bytes.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }

  end(): void {
    this.onEnd(this.bytes.subarray(0, this.length));
  }
}

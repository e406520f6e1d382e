import { createGzip } from 'node:zlib';
import { Readable } from 'node:stream';
import type { Content } from './limit.js';

const CHUNK_BYTES = 1024 * 1024;
export type Encoding = 'identity' | 'gzip';

/** A body that may be larger than what a process wants to hold, exact to the byte. */
export class SizedBody {
  private constructor(
    private readonly before: Buffer,
    private readonly filling: string,
    /** Bytes of filling. */
    readonly fill: number,
    private readonly after: Buffer,
  ) {}

  /** `{`, `head`, the content, `}`; with `headLast` the other way round. */
  static of(content: Content, head = '', headLast = false): SizedBody {
    const filled = typeof content === 'string' ? { before: content, fill: ' ', after: '', bytes: 0 } : content;
    const before = Buffer.from(`{${head === '' || headLast ? '' : `${head},`}${filled.before}`);
    const after = Buffer.from(`${filled.after}${headLast ? `,${head}` : ''}}`);
    const fill = filled.bytes === 0 ? 0 : filled.bytes - before.length - after.length;
    if (fill < 0) throw new Error(`${filled.bytes} bytes are too few for ${before.length + after.length}`);
    return new SizedBody(before, filled.fill, fill, after);
  }

  /** Inflated. */
  get bytes(): number {
    return this.before.length + this.fill + this.after.length;
  }

  stream(encoding: Encoding): Readable {
    const plain = Readable.from(this.chunks(), { objectMode: false });
    return encoding === 'gzip' ? plain.pipe(createGzip({ level: 1 })) : plain;
  }

  private *chunks(): Generator<Buffer> {
    yield this.before;
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, this.fill), this.filling);
    for (let left = this.fill; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
    yield this.after;
  }
}

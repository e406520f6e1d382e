import { createHash, type Hash } from 'node:crypto';
import type { BufferPool } from '../../json/buffer-pool.js';
import { type LentText, NumberArrayText } from '../../json/number-array-text.js';
import { BLOCK_BYTES, type PayloadSpool, type SpooledStream } from '../../payload/payload-spool.js';
import { MAX_MEMBER_BYTES, type TextBudget, tooMuchText } from './members.js';

/** What the readers of one body share. */
export interface IngestTools {
  readonly spool: PayloadSpool;
  readonly buffers: BufferPool;
  readonly budget: TextBudget;
}

/** The values of a page or of an axis: counted, hashed and compressed in blocks while they are read. */
export class NumberList {
  readonly reader: NumberArrayText;
  readonly streams: SpooledStream[] = [];
  private readonly hash: Hash = createHash('sha256');
  /** The text, where it may be asked for and is short enough. */
  private kept: Buffer | undefined;

  /**
   * @param path of the list, for errors
   * @param mayBeText whether `text` may be asked for
   */
  constructor(
    private readonly path: string,
    tools: IngestTools,
    private readonly mayBeText: boolean,
  ) {
    this.reader = new NumberArrayText(path, (piece) => this.take(piece, tools.spool), BLOCK_BYTES, tools.buffers);
  }

  get count(): number {
    return this.reader.count;
  }

  /** SHA-256 of the normalised text; asked for once. */
  digest(): Buffer {
    return this.hash.digest();
  }

  /** The normalised text, where a member that looked like an axis turns out to be one that nobody interprets. */
  text(): string {
    if (this.kept === undefined || this.streams.length > 1) throw tooMuchText(this.path);
    return this.kept.toString('latin1');
  }

  private take({ text, giveBack }: LentText, spool: PayloadSpool): void {
    this.hash.update(text);
    if (this.mayBeText && this.streams.length === 0 && text.length <= MAX_MEMBER_BYTES) this.kept = Buffer.from(text);
    this.streams.push(spool.add(text, giveBack));
  }
}

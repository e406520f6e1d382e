import { createHash, type Hash } from 'node:crypto';
import { NumberArrayText, type Scratch } from '../../json/number-array-text.js';
import { BLOCK_BYTES, type PayloadSpool, type SpooledStream } from '../../payload/payload-spool.js';
import { MAX_MEMBER_BYTES, type TextBudget, tooMuchText } from './members.js';

/** What the readers of one body share. */
export interface IngestTools {
  readonly spool: PayloadSpool;
  readonly scratch: Scratch;
  readonly budget: TextBudget;
}

/** The values of a page or of an axis: counted, hashed and compressed in blocks while they are read. */
export class NumberList {
  readonly reader: NumberArrayText;
  readonly streams: SpooledStream[] = [];
  private readonly hash: Hash = createHash('sha256');
  private first: Buffer | undefined;

  /** @param path of the list, for errors */
  constructor(
    private readonly path: string,
    tools: IngestTools,
  ) {
    this.reader = new NumberArrayText(path, (piece) => this.take(piece, tools.spool), BLOCK_BYTES, tools.scratch);
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
    if (this.first === undefined || this.streams.length > 1 || this.first.length > MAX_MEMBER_BYTES) {
      throw tooMuchText(this.path);
    }
    return this.first.toString('latin1');
  }

  private take(piece: Buffer, spool: PayloadSpool): void {
    this.hash.update(piece);
    if (this.streams.length === 0 && piece.length <= MAX_MEMBER_BYTES) this.first = piece;
    this.streams.push(spool.add(piece));
  }
}

import { BufferPool } from '../json/buffer-pool.js';
import { putBytes } from '../json/put-text.js';

/** Bytes that are sent together. Whoever sent them says so: their memory is used again. */
export interface Outgoing {
  readonly pieces: readonly Buffer[];
  readonly bytes: number;
  /** To be called once, when nobody looks at the pieces any more; where it never is, the memory is left to the garbage collector. */
  readonly sent: () => void;
}

const CHUNK_BYTES = 128 * 1024;
/** From so many bytes on a piece goes out from where it lies. */
const OWN_PIECE_BYTES = 16 * 1024;
/** Up to so many the way to the native copy costs more than copying. */
const FEW_BYTES = 160;

/** A body on its way out: small pieces are copied together into memory that goes round, large ones stay where they are. */
export class BodyOutput {
  /** Not taken yet. */
  bytes = 0;
  private pieces: Buffer[] = [];
  private releases: (() => void)[] = [];
  private chunk: Buffer = NOTHING;
  /** What of the chunk is in no piece yet. */
  private from = 0;
  private at = 0;

  constructor(private readonly pool: BufferPool) {}

  /** The bytes of `source` from `start` to `end`, which may change only after what is taken next was sent. */
  add(source: Buffer, start = 0, end = source.length): void {
    if (end - start >= OWN_PIECE_BYTES) {
      this.endPiece();
      this.pieces.push(source.subarray(start, end));
    } else {
      const chunk = this.room(end - start);
      if (end - start <= FEW_BYTES) putBytes(chunk, this.at, source, start, end);
      else source.copy(chunk, this.at, start, end);
      this.at += end - start;
    }
    this.bytes += end - start;
  }

  /** Calls `release` once what was added so far was sent. */
  holds(release: () => void): void {
    this.releases.push(release);
  }

  take(): Outgoing {
    this.endPiece();
    this.endChunk();
    const { pieces, releases } = this;
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    [this.pieces, this.bytes, this.releases] = [[], 0, []];
    return { pieces, bytes, sent: () => releases.forEach((release) => release()) };
  }

  /** The chunk, with room for so many bytes at the present place. */
  private room(bytes: number): Buffer {
    if (this.at + bytes > this.chunk.length) {
      this.endPiece();
      this.endChunk();
      this.chunk = this.pool.takeFitting(Math.max(CHUNK_BYTES, bytes));
    }
    return this.chunk;
  }

  private endPiece(): void {
    if (this.at > this.from) this.pieces.push(this.chunk.subarray(this.from, this.at));
    this.from = this.at;
  }

  private endChunk(): void {
    const { chunk } = this;
    if (chunk.length > 0) this.releases.push(() => this.pool.give(chunk));
    [this.chunk, this.from, this.at] = [NOTHING, 0, 0];
  }
}

const NOTHING = Buffer.alloc(0);

/** Whence memory for rows comes, and whither it goes when nobody looks at them any more. */
export interface RowMemory {
  takeFitting(leastBytes: number): Buffer;
  give(buffer: Buffer): void;
}

/** Rows as they came, in one of the pieces of memory into which they were read; whole messages, few of them other than rows. */
export interface RowPiece {
  readonly bytes: Buffer;
  /** How many of the bytes are messages. */
  readonly length: number;
}

const MOST_FIELDS = 64;

/** Rows as PostgreSQL sends them (protocol, "DataRow"), looked at one after the other where they lie. */
export class BinaryRows {
  /** Of the present row: the memory in which it lies. */
  bytes: Buffer = NOTHING;
  private piece = -1;
  private length = 0;
  /** Of the present row, and of the message behind it. */
  private at = 0;
  private nextAt = 0;
  /** Of those fields of the present row that were looked for so far; where one is NULL its end lies before its start. */
  private found = 0;
  private readonly starts = new Int32Array(MOST_FIELDS);
  private readonly ends = new Int32Array(MOST_FIELDS);

  constructor(
    private readonly pieces: readonly RowPiece[],
    private readonly memory: RowMemory,
  ) {}

  /** Gives the memory back: nothing of the rows may be needed any more. */
  release(): void {
    for (const { bytes } of this.pieces) this.memory.give(bytes);
  }

  /** Goes to the next row; false after the last one. */
  next(): boolean {
    for (;;) {
      if (this.nextAt < this.length) {
        this.goIn(this.nextAt);
        if (this.bytes[this.at] === DATA_ROW) return true;
      } else {
        if (this.piece + 1 >= this.pieces.length) return false;
        this.open(this.piece + 1);
        this.nextAt = 0;
      }
    }
  }

  /** Where the present row is, for `goTo`. */
  get position(): number {
    return this.piece * PIECE_SPAN + this.at;
  }

  goTo(position: number): void {
    const piece = Math.floor(position / PIECE_SPAN);
    if (piece !== this.piece) this.open(piece);
    this.goIn(position - piece * PIECE_SPAN);
  }

  isNull(field: number): boolean {
    return this.endOf(field) < this.startOf(field);
  }

  startOf(field: number): number {
    if (field >= this.found) this.find(field);
    return this.starts[field] as number;
  }

  endOf(field: number): number {
    if (field >= this.found) this.find(field);
    return this.ends[field] as number;
  }

  int4(field: number): number {
    return int4At(this.bytes, this.startOf(field));
  }

  /** Of a bigint that is not negative. */
  int8(field: number): number {
    const at = this.startOf(field);
    return (int4At(this.bytes, at) >>> 0) * 2 ** 32 + (int4At(this.bytes, at + 4) >>> 0);
  }

  /** Of a timestamptz of whole milliseconds, sent as microseconds since 2000: epoch milliseconds. */
  time(field: number): number {
    const at = this.startOf(field);
    // Beyond the year 2285 these are no longer exact, but far nearer than a millisecond.
    const microseconds = int4At(this.bytes, at) * 2 ** 32 + (int4At(this.bytes, at + 4) >>> 0);
    return YEAR_2000 + Math.round(microseconds / 1_000);
  }

  text(field: number): string {
    return this.bytes.toString('utf8', this.startOf(field), this.endOf(field));
  }

  /** The bytes of a field, for longer than the rows are there. */
  copyOf(field: number): Buffer {
    return Buffer.from(this.bytes.subarray(this.startOf(field), this.endOf(field)));
  }

  /** Of integer[]. */
  int4s(field: number): number[] {
    return this.elements(field, (at) => int4At(this.bytes, at));
  }

  /** Of text[]. */
  texts(field: number): string[] {
    return this.elements(field, (at, end) => this.bytes.toString('utf8', at, end));
  }

  /** Of a list of one dimension without NULL (PostgreSQL, array_send): dimensions, flags, type, length and lower bound, elements. */
  private elements<T>(field: number, read: (start: number, end: number) => T): T[] {
    const start = this.startOf(field);
    if (int4At(this.bytes, start) === 0) return [];
    const elements: T[] = [];
    for (let at = start + ARRAY_HEADER_BYTES, left = int4At(this.bytes, start + 12); left > 0; left--) {
      const from = at + 4;
      const end = from + int4At(this.bytes, at);
      elements.push(read(from, end));
      at = end;
    }
    return elements;
  }

  private open(piece: number): void {
    const { bytes, length } = this.pieces[piece] as RowPiece;
    [this.piece, this.bytes, this.length] = [piece, bytes, length];
  }

  private goIn(at: number): void {
    this.at = at;
    this.nextAt = at + 1 + int4At(this.bytes, at + 1);
    this.found = 0;
  }

  /** Goes through the fields up to this one. */
  private find(field: number): void {
    const { bytes, starts, ends } = this;
    let known = this.found;
    // A field ends where the next one's length stands; one that is NULL has no bytes.
    let at =
      known === 0 ? this.at + HEADER_BYTES + 2 : Math.max(starts[known - 1] as number, ends[known - 1] as number);
    for (; known <= field; known++) {
      const length = int4At(bytes, at);
      at += 4;
      starts[known] = at;
      ends[known] = at + length;
      if (length > 0) at += length;
    }
    this.found = known;
  }
}

/** Buffer's own way checks anew each time what is known here. */
export function int4At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

const YEAR_2000 = Date.UTC(2000, 0, 1);
const ARRAY_HEADER_BYTES = 5 * 4;

/** Frontend/backend protocol, "Message Formats": one byte for the kind, four for the length, which count themselves. */
export const HEADER_BYTES = 5;
export const DATA_ROW = 'D'.charCodeAt(0);
const NOTHING = Buffer.alloc(0);
/** Positions of a piece are below this. */
const PIECE_SPAN = 2 ** 32;

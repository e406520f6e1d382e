import type pg from 'pg';
import { READERS_FIRST } from '../turns/readers-first.js';
import { HEAD_BYTES, listHead, OID } from './binary-array.js';
import { type Copy, CopyQuery } from './copy-query.js';

/**
 * Copies rows in PostgreSQL's binary format, in the order of `copies`: nothing is turned into text or taken apart on the way, and large values
 * are handed on as they are. PostgreSQL works on rows while the next ones are written.
 */
export async function copyIn(client: pg.ClientBase, copies: readonly Copy[]): Promise<void> {
  await client.query(new CopyQuery(copies)).stored;
}

/**
 * Items as rows of `target` (a table with its columns, as SQL).
 *
 * @param write writes the row of an item; where it has to wait for something it returns a promise, which is awaited
 */
export function rowsOf<T>(
  target: string,
  items: Iterable<T>,
  write: (rows: CopyRows, item: T) => Promise<void> | undefined,
): Copy {
  return { target, chunks: encoded(items, write) };
}

/** Small values go out together in buffers of this size; pieces from `OWN_PIECE_BYTES` on by themselves. */
const GATHERED_BYTES = 64 * 1024;
const OWN_PIECE_BYTES = 16 * 1024;
const STEP_BYTES = 256 * 1024;
/** A text of so many UTF-16 units fits a buffer in UTF-8. */
const SHORT_TEXT = 16 * 1024;
/** Signature, flags, and the length of a header extension that there is not. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** A count of −1 fields. */
const TRAILER = Buffer.from([0xff, 0xff]);

async function* encoded<T>(
  items: Iterable<T>,
  write: (rows: CopyRows, item: T) => Promise<void> | undefined,
): AsyncGenerator<Buffer> {
  const rows = new CopyRows();
  for (const item of items) {
    // Few rows have to wait, and a promise for each of thousands costs more than the row.
    const waiting = write(rows, item);
    if (waiting !== undefined) await waiting;
    if (rows.done.length > 0) for (const buffer of rows.done.splice(0)) yield* inSteps(buffer);
  }
  yield* rows.end();
}

/** PostgreSQL works on each step for a millisecond or two; in between those who read go first. */
async function* inSteps(buffer: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < buffer.length; at += STEP_BYTES) {
    await READERS_FIRST.giveWay();
    yield buffer.subarray(at, at + STEP_BYTES);
  }
}

/** Rows in the binary format (PostgreSQL manual, COPY, "Binary Format"); each value stands behind its length in bytes. */
export class CopyRows {
  /** Buffers that are full. */
  readonly done: Buffer[] = [];
  private buffer = Buffer.allocUnsafe(GATHERED_BYTES);
  private view = viewOf(this.buffer);
  private from = 0;
  private length = HEADER.copy(this.buffer);
  /** Shared values of the last row. */
  private kept: Buffer | undefined;

  /** Begins a row of so many values. */
  row(values: number): void {
    this.room(2);
    this.view.setInt16(this.length, values);
    this.length += 2;
  }

  null(): void {
    this.room(4);
    this.put(-1);
  }

  int4(value: number): void {
    this.room(8);
    this.put(4);
    this.put(value);
  }

  /** Of a whole number from 0 on. */
  int8(value: number): void {
    this.room(12);
    this.put(8);
    this.putLarge(value);
  }

  /** Without U+0000. */
  text(value: string): void {
    if (value.length > SHORT_TEXT) {
      this.bytes([Buffer.from(value)]);
      return;
    }
    this.room(4 + value.length * 3);
    // Most members of most pages are empty, and even to write nothing is a call.
    const bytes = value === '' ? 0 : this.buffer.write(value, this.length + 4);
    this.put(bytes);
    this.length += bytes;
  }

  /** One value in pieces. */
  bytes(pieces: readonly Buffer[]): void {
    let bytes = 0;
    for (const piece of pieces) bytes += piece.length;
    this.room(4);
    this.put(bytes);
    for (const piece of pieces) this.piece(piece);
  }

  int4List(values: readonly number[]): void {
    this.room(4 + HEAD_BYTES + values.length * 8);
    this.list(OID.int4, values.length, values.length * 8);
    for (const value of values) {
      this.put(4);
      this.put(value);
    }
  }

  /** Of whole numbers from 0 on. */
  int8List(values: readonly number[]): void {
    this.room(4 + HEAD_BYTES + values.length * 12);
    this.list(OID.int8, values.length, values.length * 12);
    for (const value of values) {
      this.put(8);
      this.putLarge(value);
    }
  }

  /** Of texts without U+0000. */
  textList(values: readonly string[]): void {
    const bytes = values.reduce((sum, value) => sum + 4 + Buffer.byteLength(value), 0);
    this.room(4 + HEAD_BYTES);
    this.list(OID.text, values.length, bytes);
    for (const value of values) this.text(value);
  }

  /**
   * Values that are most often the same as in the row before: `write` writes them where they are not, or where they were not kept, as
   * when they lie in two buffers.
   */
  shared(areSame: boolean, write: () => void): void {
    if (areSame && this.kept !== undefined) {
      this.piece(this.kept);
      return;
    }
    const [{ buffer, length, done }, pieces] = [this, this.done.length];
    write();
    const isWhole = this.buffer === buffer && done.length === pieces;
    this.kept = isWhole ? buffer.subarray(length, this.length) : undefined;
  }

  /** What is left, and the end of the rows. */
  end(): Buffer[] {
    this.piece(TRAILER);
    this.cut();
    return this.done;
  }

  /** Length and head of a list. */
  private list(oid: number, length: number, elementBytes: number): void {
    this.put(HEAD_BYTES + elementBytes);
    for (const field of listHead(oid, length)) this.put(field);
  }

  private put(int4: number): void {
    this.view.setInt32(this.length, int4);
    this.length += 4;
  }

  private putLarge(int8: number): void {
    this.put(Math.floor(int8 / 2 ** 32));
    this.put((int8 % 2 ** 32) | 0);
  }

  private piece(bytes: Buffer): void {
    if (bytes.length >= OWN_PIECE_BYTES) {
      this.cut();
      this.done.push(bytes);
      return;
    }
    this.room(bytes.length);
    this.length += bytes.copy(this.buffer, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    this.cut();
    this.buffer = Buffer.allocUnsafe(GATHERED_BYTES);
    this.view = viewOf(this.buffer);
    this.from = this.length = 0;
  }

  private cut(): void {
    if (this.length > this.from) this.done.push(this.buffer.subarray(this.from, this.length));
    this.from = this.length;
  }
}

function viewOf({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** A value of a row to be copied in: an integer of 4 bytes, or of 8 and not negative, pieces of bytes (a list is encoded), or null. */
export type BinaryValue = { readonly int4: number } | { readonly int8: number } | readonly Buffer[] | null;

/**
 * Copies rows into `target` (a table with its columns, as SQL) in PostgreSQL's binary format: nothing is turned into text or
 * taken apart on the way, and large values are handed on as they are.
 */
export async function copyIn(
  client: pg.ClientBase,
  target: string,
  rows: AsyncIterable<readonly BinaryValue[]>,
): Promise<void> {
  const stream = client.query(copyFrom(`COPY ${target} FROM STDIN (FORMAT binary)`));
  await pipeline(Readable.from(encoded(rows), { objectMode: false, highWaterMark: GATHERED_BYTES }), stream);
}

/** Small pieces go out together in buffers of this size; pieces from `OWN_PIECE_BYTES` on by themselves. */
const GATHERED_BYTES = 64 * 1024;
const OWN_PIECE_BYTES = 16 * 1024;
/** Signature, flags, and the length of a header extension that there is not. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
/** A count of −1 fields. */
const TRAILER = Buffer.from([0xff, 0xff]);

/** The binary format (PostgreSQL manual, COPY, "Binary Format"). */
async function* encoded(rows: AsyncIterable<readonly BinaryValue[]>): AsyncGenerator<Buffer> {
  const gathering = new Gathering();
  gathering.bytes(HEADER);
  for await (const row of rows) {
    gathering.int2(row.length);
    for (const value of row) write(gathering, value);
    yield* gathering.ready();
  }
  gathering.bytes(TRAILER);
  yield* gathering.rest();
}

function write(target: Gathering, value: BinaryValue): void {
  if (value === null) {
    target.int4(-1);
  } else if ('int4' in value) {
    target.int4(4);
    target.int4(value.int4);
  } else if ('int8' in value) {
    target.int4(8);
    target.int8(value.int8);
  } else {
    target.int4(value.reduce((bytes, piece) => bytes + piece.length, 0));
    for (const piece of value) target.bytes(piece);
  }
}

/** Puts small pieces together. */
class Gathering {
  private readonly done: Buffer[] = [];
  private buffer = Buffer.allocUnsafe(GATHERED_BYTES);
  private from = 0;
  private length = 0;

  int2(value: number): void {
    this.room(2);
    this.length = this.buffer.writeInt16BE(value, this.length);
  }

  int4(value: number): void {
    this.room(4);
    this.length = this.buffer.writeInt32BE(value, this.length);
  }

  /** Of a whole number from 0 on. */
  int8(value: number): void {
    this.room(8);
    this.length = this.buffer.writeUInt32BE(Math.floor(value / 2 ** 32), this.length);
    this.length = this.buffer.writeUInt32BE(value % 2 ** 32, this.length);
  }

  bytes(bytes: Buffer): void {
    if (bytes.length >= OWN_PIECE_BYTES) {
      this.cut();
      this.done.push(bytes);
      return;
    }
    this.room(bytes.length);
    this.length += bytes.copy(this.buffer, this.length);
  }

  /** What is worth sending. */
  ready(): Buffer[] {
    return this.done.splice(0);
  }

  rest(): Buffer[] {
    this.cut();
    return this.ready();
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    this.cut();
    this.buffer = Buffer.allocUnsafe(GATHERED_BYTES);
    this.from = this.length = 0;
  }

  private cut(): void {
    if (this.length > this.from) this.done.push(this.buffer.subarray(this.from, this.length));
    this.from = this.length;
  }
}

import type { Duplex } from 'node:stream';
import type pg from 'pg';

/**
 * The rows of a SELECT, copied out in binary, into `into` where they fit: as the rows of a query bytes come as hexadecimal text,
 * which costs more than all the rest of reading. A COPY takes no parameters: `select` must hold nothing that came from outside
 * but numbers.
 */
export async function copyOut(client: pg.ClientBase, select: string, into: Buffer): Promise<CopiedRows> {
  return new Promise((resolve, reject) => {
    client.query(new CopyOutQuery(`COPY (${select}) TO STDOUT (FORMAT binary)`, into, resolve, reject));
  });
}

/** Signature, flags, and the length of what follows in the header, of which PostgreSQL writes nothing. */
const HEADER_BYTES = 11 + 4 + 4;
const MOST_FIELDS = 64;

/** Rows in the binary format (PostgreSQL manual, COPY, "Binary Format"), looked at one after the other where they lie. */
export class CopiedRows {
  private at = HEADER_BYTES;
  /** Of the present row's fields; where one is NULL its end lies before its start. */
  private readonly starts = new Int32Array(MOST_FIELDS);
  private readonly ends = new Int32Array(MOST_FIELDS);

  /** @param bytes its owner may use it again once nothing of the rows is needed */
  constructor(readonly bytes: Buffer) {}

  /** Goes to the next row; false after the last one. */
  next(): boolean {
    const fields = this.bytes.readInt16BE(this.at);
    this.at += 2;
    // The trailer counts −1 fields.
    if (fields < 0) return false;
    for (let field = 0; field < fields; field++) {
      const length = this.bytes.readInt32BE(this.at);
      this.at += 4;
      this.starts[field] = this.at;
      this.ends[field] = this.at + length;
      this.at += Math.max(0, length);
    }
    return true;
  }

  isNull(field: number): boolean {
    return this.endOf(field) < this.startOf(field);
  }

  startOf(field: number): number {
    return this.starts[field] as number;
  }

  endOf(field: number): number {
    return this.ends[field] as number;
  }

  int4(field: number): number {
    return this.bytes.readInt32BE(this.startOf(field));
  }

  /** Of a bigint that is not negative. */
  int8(field: number): number {
    const at = this.startOf(field);
    return this.bytes.readUInt32BE(at) * 2 ** 32 + this.bytes.readUInt32BE(at + 4);
  }
}

/** Frontend/backend protocol, "Message Formats": one byte for the kind, four for the length, which count themselves. */
const FRAME_BYTES = 5;
const COPY_OUT_RESPONSE = 'H'.charCodeAt(0);
const COPY_DATA = 'd'.charCodeAt(0);

type Listener = (chunk: Buffer) => void;

/**
 * Takes the messages of a COPY off the connection itself and puts their content together. Through the driver's parser every byte
 * would be copied once more, and as a stream each row would cost some microseconds. From the first message that is not one of a
 * COPY's data on everything goes to the driver, which knows what to make of it.
 */
class CopyOutQuery {
  private length = 0;
  /** Of the present message. */
  private missing = 0;
  private frame = Buffer.alloc(0);
  private kind = 0;
  private handOver: ((rest: Buffer) => void) | undefined;

  constructor(
    private readonly text: string,
    private into: Buffer,
    private readonly resolve: (rows: CopiedRows) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  submit(connection: pg.Connection): void {
    this.listenTo(connection.stream);
    connection.query(this.text);
  }

  /** Only after it was handed over. */
  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    this.append(chunk, 0, chunk.length);
  }

  handleError(error: Error): void {
    this.handOver?.(Buffer.alloc(0));
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve(new CopiedRows(this.into));
  }

  handleCommandComplete(): void {}

  handleRowDescription(): void {}

  handleDataRow(): void {}

  private listenTo(stream: Duplex): void {
    const [driver, ...others] = stream.listeners('data') as Listener[];
    // Somebody else is listening in: the driver's own way does.
    if (driver === undefined || others.length > 0) return;
    const listener = (chunk: Buffer) => this.take(chunk);
    this.handOver = (rest) => {
      this.handOver = undefined;
      stream.off('data', listener).on('data', driver);
      if (rest.length > 0) driver(rest);
    };
    stream.off('data', driver).on('data', listener);
  }

  private take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      if (this.missing > 0) {
        const end = Math.min(chunk.length, at + this.missing);
        if (this.kind === COPY_DATA) this.append(chunk, at, end);
        this.missing -= end - at;
        at = end;
        continue;
      }
      const begun = this.frame.length;
      // Nearly always a frame lies within one chunk.
      const frame = begun === 0 ? chunk : Buffer.concat([this.frame, chunk.subarray(at, at + FRAME_BYTES - begun)]);
      const from = begun === 0 ? at : 0;
      if (frame.length - from < FRAME_BYTES) {
        this.frame = Buffer.from(frame.subarray(from));
        return;
      }
      this.kind = frame.readUInt8(from);
      if (this.kind !== COPY_DATA && this.kind !== COPY_OUT_RESPONSE) {
        this.handOver?.(begun === 0 ? chunk.subarray(at) : Buffer.concat([this.frame, chunk.subarray(at)]));
        return;
      }
      this.missing = frame.readInt32BE(from + 1) - (FRAME_BYTES - 1);
      this.frame = Buffer.alloc(0);
      at += FRAME_BYTES - begun;
    }
  }

  private append(source: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.into.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.into.length * 2));
      this.into.copy(larger, 0, 0, this.length);
      this.into = larger;
    }
    source.copy(this.into, this.length, start, end);
    this.length = needed;
  }
}

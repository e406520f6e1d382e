import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';

/** The bytes of a field in the pieces in which they came, so that none is copied. */
export type BinaryField = readonly Buffer[];
/** A row in PostgreSQL's binary format, field by field; null for NULL. */
export type BinaryRow = readonly (BinaryField | null)[];

/**
 * The rows of a SELECT, copied out in binary: as the rows of a query bytes come as hexadecimal text, which costs more than all
 * the rest of reading. A COPY takes no parameters: `select` must hold nothing that came from outside but numbers.
 */
export async function copyOut(client: pg.ClientBase, select: string): Promise<BinaryRow[]> {
  const reader = new RowReader();
  const stream = client.query(copyTo(`COPY (${select}) TO STDOUT (FORMAT binary)`));
  for await (const chunk of stream) reader.take(chunk as Buffer);
  return reader.rows;
}

/** The bytes of a field in one piece. */
export function wholeField(field: BinaryField): Buffer {
  return field.length === 1 ? (field[0] as Buffer) : Buffer.concat(field);
}

/** Signature, flags, and the length of what follows in the header, of which PostgreSQL writes nothing. */
const HEADER_BYTES = 11 + 4 + 4;
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

/** Takes the binary format (PostgreSQL manual, COPY, "Binary Format") apart, in chunks that may end anywhere. */
class RowReader {
  readonly rows: BinaryRow[] = [];
  private row: (BinaryField | null)[] = [];
  private field: Buffer[] = [];
  /** Bytes of the present field, and fields of the present row, that are still to come. */
  private bytesLeft = 0;
  private fieldsLeft = 0;
  private scalarBytes = HEADER_BYTES;
  private start: Buffer | undefined;

  take(chunk: Buffer): void {
    const all = this.start === undefined ? chunk : Buffer.concat([this.start, chunk]);
    this.start = undefined;
    for (let at = 0; at < all.length;) {
      if (this.bytesLeft > 0) {
        const piece = all.subarray(at, at + this.bytesLeft);
        this.field.push(piece);
        at += piece.length;
        this.bytesLeft -= piece.length;
        if (this.bytesLeft === 0) this.endField(this.field);
      } else if (all.length - at < this.scalarBytes) {
        this.start = all.subarray(at);
        return;
      } else {
        const scalarAt = at;
        at += this.scalarBytes;
        if (this.scalarBytes === LENGTH_BYTES) this.beginField(all.readInt32BE(scalarAt));
        else if (this.scalarBytes === COUNT_BYTES) this.beginRow(all.readInt16BE(scalarAt));
        else this.scalarBytes = COUNT_BYTES;
      }
    }
  }

  /** The trailer counts −1 fields. */
  private beginRow(fields: number): void {
    this.row = [];
    this.fieldsLeft = fields;
    if (fields > 0) this.scalarBytes = LENGTH_BYTES;
  }

  private beginField(bytes: number): void {
    this.field = [];
    if (bytes > 0) this.bytesLeft = bytes;
    else this.endField(bytes === NULL_LENGTH ? null : []);
  }

  private endField(field: BinaryField | null): void {
    this.row.push(field);
    this.fieldsLeft -= 1;
    if (this.fieldsLeft > 0) return;
    this.rows.push(this.row);
    this.scalarBytes = COUNT_BYTES;
  }
}

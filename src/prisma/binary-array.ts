/**
 * Lists as parameters of a statement, in PostgreSQL's binary format (as `array_send` writes it): the driver would print them
 * as text, and PostgreSQL parse that, which for a thousand rows costs more than to store them.
 */

export function int4Array(values: readonly number[]): Buffer {
  const target = listOf(OID.int4, values.length, values.length * (LENGTH_BYTES + 4));
  let at = HEAD_BYTES;
  for (const value of values) {
    at = target.writeInt32BE(4, at);
    at = target.writeInt32BE(value, at);
  }
  return target;
}

export function byteaArray(values: readonly Buffer[]): Buffer {
  const bytes = values.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const target = listOf(OID.bytea, values.length, bytes);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = target.writeInt32BE(value.length, at);
    at += value.copy(target, at);
  }
  return target;
}

/** PostgreSQL's own types (pg_type). */
export const OID = { bytea: 17, int8: 20, int4: 23, text: 25 } as const;

/** What a list begins with: dimensions, whether there is a NULL, the type of the elements; then their number and the index of the first. */
export function listHead(oid: number, length: number): readonly number[] {
  return [1, 0, oid, length, 1];
}

export const HEAD_BYTES = 5 * 4;
const LENGTH_BYTES = 4;

/** Room for a list whose elements take so many bytes together, its head written. */
function listOf(oid: number, length: number, bytes: number): Buffer {
  const target = Buffer.allocUnsafe(HEAD_BYTES + bytes);
  let at = 0;
  for (const field of listHead(oid, length)) at = target.writeInt32BE(field, at);
  return target;
}

/**
 * Lists as parameters of a statement, in PostgreSQL's binary format (as `array_send` writes it): the driver would print them
 * as text, and PostgreSQL parse that, which for a thousand rows costs more than to store them.
 */

export function int4Array(values: readonly number[]): Buffer {
  const target = listOf(INT4_OID, values.length, values.length * (LENGTH_BYTES + 4));
  let at = HEAD_BYTES;
  for (const value of values) {
    at = target.writeInt32BE(4, at);
    at = target.writeInt32BE(value, at);
  }
  return target;
}

export function byteaArray(values: readonly Buffer[]): Buffer {
  const bytes = values.reduce((sum, { length }) => sum + LENGTH_BYTES + length, 0);
  const target = listOf(BYTEA_OID, values.length, bytes);
  let at = HEAD_BYTES;
  for (const value of values) {
    at = target.writeInt32BE(value.length, at);
    at += value.copy(target, at);
  }
  return target;
}

const INT4_OID = 23;
const BYTEA_OID = 17;
/** Dimensions, whether there is a NULL, the type of the elements; then their number and the index of the first. */
const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;

/** Room for a list whose elements take so many bytes together, its head written. */
function listOf(oid: number, length: number, bytes: number): Buffer {
  const target = Buffer.allocUnsafe(HEAD_BYTES + bytes);
  let at = 0;
  for (const field of [1, 0, oid, length, 1]) at = target.writeInt32BE(field, at);
  return target;
}

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

/** Of whole numbers that are not negative. */
export function int8Array(values: readonly number[]): Buffer {
  const target = listOf(INT8_OID, values.length, values.length * (LENGTH_BYTES + 8));
  let at = HEAD_BYTES;
  for (const value of values) {
    at = target.writeInt32BE(8, at);
    at = target.writeUInt32BE(Math.floor(value / 2 ** 32), at);
    at = target.writeUInt32BE(value % 2 ** 32, at);
  }
  return target;
}

/** Of texts without U+0000. */
export function textArray(values: readonly (string | null)[]): Buffer {
  return encoded(TEXT_OID, values, {
    bytes: (value) => Buffer.byteLength(value),
    write: (target, at, value) => target.write(value, at),
  });
}

export function byteaArray(values: readonly Buffer[]): Buffer {
  return encoded(BYTEA_OID, values, {
    bytes: (value) => value.length,
    write: (target, at, value) => value.copy(target, at),
  });
}

/** A list inside a list of texts, for a column that holds a list in each row: as text, to be cast. */
export function arrayText(values: readonly (string | number)[]): string {
  return `{${values.map((value) => `"${String(value).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

const INT4_OID = 23;
const INT8_OID = 20;
const TEXT_OID = 25;
const BYTEA_OID = 17;
/** Dimensions, whether there is a NULL, the type of the elements; then their number and the index of the first. */
const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL_LENGTH = -1;

interface Codec<T> {
  readonly bytes: (value: T) => number;
  readonly write: (target: Buffer, at: number, value: T) => unknown;
}

function encoded<T>(oid: number, values: readonly (T | null)[], codec: Codec<T>): Buffer {
  const lengths = values.map((value) => (value === null ? NULL_LENGTH : codec.bytes(value)));
  const bytes = lengths.reduce((sum, length) => sum + LENGTH_BYTES + Math.max(length, 0), 0);
  const target = listOf(oid, values.length, bytes, lengths.includes(NULL_LENGTH));
  let at = HEAD_BYTES;
  for (const [index, value] of values.entries()) {
    const length = lengths[index] as number;
    at = target.writeInt32BE(length, at);
    // Most members of most pages are empty, and even to write nothing is a call.
    if (value === null || length === 0) continue;
    codec.write(target, at, value);
    at += length;
  }
  return target;
}

/** Room for a list whose elements take so many bytes together, its head written. */
function listOf(oid: number, length: number, bytes: number, hasNull = false): Buffer {
  const target = Buffer.allocUnsafe(HEAD_BYTES + bytes);
  let at = 0;
  for (const field of [1, hasNull ? 1 : 0, oid, length, 1]) at = target.writeInt32BE(field, at);
  return target;
}

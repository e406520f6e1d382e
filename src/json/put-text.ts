/**
 * Text written byte by byte where it will be sent from: a string for each number and each time would cost more than all the rest.
 * Each function writes at `at` and returns where the text ends; the caller sees to it that there is room.
 */

/** Most digits of a whole number that JavaScript knows exactly. */
export const MOST_DIGITS = 16;
/** `"2026-11-24T09:30:00.000Z"`, quotes included. */
export const TIME_BYTES = 26;

const [ZERO, MINUS, COLON, POINT, QUOTE, T, Z] = [0x30, 0x2d, 0x3a, 0x2e, 0x22, 0x54, 0x5a] as const;
/** Beyond this, integer division would no longer be one of 32 bits. */
const MOST_INT = 2 ** 31 - 1;
const LOW_DIGITS = 9;

/** Bytes `from` to `end` of another buffer, one by one: for a few, which the way to the native copy costs more than. */
export function putBytes(out: Buffer, at: number, bytes: Buffer, from = 0, end = bytes.length): number {
  for (let index = from; index < end; index++) out[at++] = bytes[index] as number;
  return at;
}

/** A safe integer that is not negative. */
export function putWhole(out: Buffer, at: number, value: number): number {
  if (value <= MOST_INT) return putDigits(out, at, value, digitsOf(value));
  const high = Math.floor(value / 10 ** LOW_DIGITS);
  return putDigits(out, putWhole(out, at, high), value - high * 10 ** LOW_DIGITS, LOW_DIGITS);
}

const DAY_MS = 86_400_000;

/** A JSON string of a time of the years 1 to 9999, as `Date.toISOString` prints it. @param time epoch milliseconds */
export function putTime(out: Buffer, at: number, time: number): number {
  const days = Math.floor(time / DAY_MS);
  const ms = (time - days * DAY_MS) | 0;
  const seconds = (ms / 1_000) | 0;
  const minutes = (seconds / 60) | 0;
  const hours = (minutes / 60) | 0;
  out[at++] = QUOTE;
  at = putDate(out, at, days);
  out[at++] = T;
  at = putDigits(out, at, hours, 2);
  out[at++] = COLON;
  at = putDigits(out, at, minutes - hours * 60, 2);
  out[at++] = COLON;
  at = putDigits(out, at, seconds - minutes * 60, 2);
  out[at++] = POINT;
  at = putDigits(out, at, ms - seconds * 1_000, 3);
  out[at++] = Z;
  out[at++] = QUOTE;
  return at;
}

/**
 * Year, month and day of a day since 1970, in years that begin in March and eras of 400 of them (H. Hinnant, "chrono-Compatible
 * Low-Level Date Algorithms", civil_from_days).
 */
function putDate(out: Buffer, at: number, days: number): number {
  const shifted = days + 719_468;
  const era = (shifted / 146_097) | 0;
  const dayOfEra = shifted - era * 146_097;
  const leapDays = ((dayOfEra / 1_460) | 0) - ((dayOfEra / 36_524) | 0) + ((dayOfEra / 146_096) | 0);
  const yearOfEra = ((dayOfEra - leapDays) / 365) | 0;
  const dayOfYear = dayOfEra - (365 * yearOfEra + ((yearOfEra / 4) | 0) - ((yearOfEra / 100) | 0));
  const fromMarch = ((5 * dayOfYear + 2) / 153) | 0;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  at = putDigits(out, at, yearOfEra + era * 400 + (month <= 2 ? 1 : 0), 4);
  out[at++] = MINUS;
  at = putDigits(out, at, month, 2);
  out[at++] = MINUS;
  return putDigits(out, at, dayOfYear - (((153 * fromMarch + 2) / 5) | 0) + 1, 2);
}

/** With zeros in front. */
function putDigits(out: Buffer, at: number, value: number, digits: number): number {
  for (let index = at + digits - 1; index >= at; index--) {
    const rest = (value / 10) | 0;
    out[index] = ZERO + value - rest * 10;
    value = rest;
  }
  return at + digits;
}

function digitsOf(value: number): number {
  let digits = 1;
  for (let limit = 10; limit <= value; limit *= 10) digits++;
  return digits;
}

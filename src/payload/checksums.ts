import { crc32 } from 'node:zlib';

/** Adler-32 (RFC 1950) and how the checksums of parts combine into that of the whole, after zlib's own algorithms. */

const ADLER_BASE = 65_521;
/** As many bytes as can be summed before a 32-bit sum could overflow (zlib's NMAX, less a margin for signed numbers). */
const ADLER_RUN = 3_854;

/** Adler-32 of the bytes from `start` to `end`. */
export function adler32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let a = 1;
  let b = 0;
  for (let at = start; at < end;) {
    const runEnd = Math.min(at + ADLER_RUN, end);
    for (; at < runEnd; at++) {
      a += bytes[at] as number;
      b += a;
    }
    a %= ADLER_BASE;
    b %= ADLER_BASE;
  }
  return ((b << 16) | a) >>> 0;
}

/** Adler-32 of two texts put together, from that of each and the length of the second in bytes. */
export function adler32Combine(first: number, second: number, secondLength: number): number {
  const rest = secondLength % ADLER_BASE;
  const firstA = first & 0xffff;
  const a = (firstA + (second & 0xffff) + ADLER_BASE - 1) % ADLER_BASE;
  const b = (((rest * firstA) % ADLER_BASE) + (first >>> 16) + (second >>> 16) + ADLER_BASE - rest) % ADLER_BASE;
  return ((b << 16) | a) >>> 0;
}

const CRC_POLYNOMIAL = 0xedb88320;

/** CRC-32 of each byte by itself. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ CRC_POLYNOMIAL : crc >>> 1;
  return crc;
});

/** Up to so many bytes a loop is faster than a call of zlib. */
const SHORT_BYTES = 256;

/** CRC-32 (gzip's) of a text that goes on with the bytes from `start` to `end`. */
export function crc32Of(bytes: Uint8Array, start: number, end: number, before: number): number {
  if (end - start > SHORT_BYTES) return crc32(bytes.subarray(start, end), before);
  let crc = ~before;
  for (let at = start; at < end; at++) {
    crc = (CRC_TABLE[(crc ^ (bytes[at] as number)) & 0xff] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** CRC-32 (gzip's) of two texts put together, from that of each and the length of the second in bytes. */
export function crc32Combine(first: number, second: number, secondLength: number): number {
  return (multiplyModulo(powerOfX(secondLength), first) ^ second) >>> 0;
}

/** a·b modulo the polynomial, bits reflected. */
function multiplyModulo(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit--) {
    // Masks instead of branches, each of which the processor would guess wrong every other time.
    product ^= factor & -((a >>> bit) & 1);
    factor = (factor >>> 1) ^ (CRC_POLYNOMIAL & -(factor & 1));
  }
  return product;
}

/** Powers by length: the texts of a simulation have few different ones. */
const POWERS = new Map<number, number>();
const MOST_POWERS = 10_000;

function powerOfX(bytes: number): number {
  const known = POWERS.get(bytes);
  if (known !== undefined) return known;
  if (POWERS.size === MOST_POWERS) POWERS.clear();
  const power = computePowerOfX(bytes);
  POWERS.set(bytes, power);
  return power;
}

/** x^(8·bytes) modulo the polynomial: what `bytes` zero bytes behind a text do to its CRC. */
function computePowerOfX(bytes: number): number {
  let power = 0x80000000 | 0;
  for (let rest = bytes, level = 3; rest > 0; rest = Math.floor(rest / 2), level++) {
    if (rest % 2 === 1) power = multiplyModulo(SQUARES[level & 31] as number, power);
  }
  return power;
}

/** x^(2^n) for n from 0 to 31. */
const SQUARES = squares();

function squares(): Int32Array {
  const table = new Int32Array(32);
  let power = 0x40000000;
  for (let n = 0; n < 32; n++) {
    table[n] = power;
    power = multiplyModulo(power, power);
  }
  return table;
}

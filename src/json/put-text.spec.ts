import fc from 'fast-check';
import { MOST_DIGITS, putBytes, putTime, putWhole, TIME_BYTES } from './put-text.js';

function written(put: (out: Buffer, at: number) => number): string {
  const out = Buffer.alloc(40, '?');
  const end = put(out, 3);
  expect(out.toString('latin1', 0, 3) + out.toString('latin1', end)).toMatch(/^\?+$/);
  return out.toString('latin1', 3, end);
}

test('a whole number is written as JavaScript prints it', () => {
  const edges = Array.from({ length: MOST_DIGITS }, (_, digits) => 10 ** digits).flatMap((n) => [n - 1, n, n + 1]);
  const whole = fc.oneof(fc.maxSafeNat(), fc.nat(), fc.constantFrom(...edges, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1));
  fc.assert(fc.property(whole, (n) => expect(written((out, at) => putWhole(out, at, n))).toBe(String(n))));
});

test('a time is written as JavaScript prints it', () => {
  const time = fc.oneof(
    fc.integer({ min: Date.parse('0001-01-01T00:00:00Z'), max: Date.UTC(10_000, 0, 1) - 1 }),
    fc.integer({ min: -1_000, max: 1_000 }),
    fc.constantFrom(Date.UTC(1900, 1, 28), Date.UTC(2000, 1, 29), Date.UTC(2024, 11, 31, 23, 59, 59, 999)),
  );
  fc.assert(
    fc.property(time, (ms) => {
      const text = written((out, at) => putTime(out, at, ms));
      expect(text).toBe(JSON.stringify(new Date(ms)));
      expect(text).toHaveLength(TIME_BYTES);
    }),
    { numRuns: 2_000 },
  );
});

test('a part of other bytes is written', () => {
  expect(written((out, at) => putBytes(out, at, Buffer.from('RUNNING'), 1, 4))).toBe('UNN');
});

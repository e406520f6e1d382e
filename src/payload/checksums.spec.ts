import { crc32, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { adler32, adler32Combine, crc32Combine, crc32Of } from './checksums.js';

const bytes = fc.uint8Array({ maxLength: 9_000 });

test('adler32 is the trailer that zlib writes', () => {
  fc.assert(
    fc.property(bytes, (text) => {
      expect(adler32(text)).toBe(deflateSync(text).readUInt32BE(deflateSync(text).length - 4));
    }),
  );
});

test('checksums of a part of some bytes, and of a text that goes on, are those of zlib', () => {
  fc.assert(
    fc.property(bytes, bytes, bytes, (before, text, behind) => {
      const all = Buffer.concat([before, text, behind]);
      const [start, end] = [before.length, before.length + text.length];
      expect(adler32(all, start, end)).toBe(adler32(text));
      expect(crc32Of(all, start, end, crc32(before))).toBe(crc32(text, crc32(before)));
    }),
  );
});

test('adler32 holds over long runs of the largest byte', () => {
  const text = Buffer.alloc(3_000_000, 0xff);
  expect(adler32(text)).toBe(deflateSync(text).subarray(-4).readUInt32BE());
});

test('checksums of parts combine into that of the whole', () => {
  fc.assert(
    fc.property(bytes, bytes, (first, second) => {
      const whole = Buffer.concat([first, second]);
      expect(adler32Combine(adler32(first), adler32(second), second.length)).toBe(adler32(whole));
      expect(crc32Combine(crc32(first), crc32(second), second.length)).toBe(crc32(whole));
    }),
  );
});

test('a CRC combines over lengths beyond 32 bits', () => {
  const zeros = 2 ** 33;
  const half = crc32Combine(0x12345678, 0, zeros / 2);
  expect(crc32Combine(half, 0, zeros / 2)).toBe(crc32Combine(0x12345678, 0, zeros));
});

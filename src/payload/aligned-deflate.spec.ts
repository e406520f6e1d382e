import { crc32, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { ADLER_BYTES, alignedDeflate, HEADER_BYTES, storedTextAt, TRAILER_BYTES } from './aligned-deflate.js';

test('an aligned stream is plain zlib that any tool inflates', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (content) => {
      const text = Buffer.from(content);
      const stream = await alignedDeflate(text);
      const bytes = Buffer.concat(stream.pieces);
      expect(inflateSync(bytes).equals(text)).toBe(true);
      expect(stream.rawLength).toBe(text.length);
      expect(stream.crc32).toBe(crc32(text));
      expect(bytes.subarray(-ADLER_BYTES)).toStrictEqual(deflateSync(text).subarray(-ADLER_BYTES));
    }),
  );
});

test('short text is stored, and read back without inflating', async () => {
  for (const length of [0, 1, 256, 257, 5_000]) {
    const text = Buffer.from('0.25,'.repeat(1_000).slice(0, length));
    const { pieces } = await alignedDeflate(text);
    const bytes = Buffer.concat([Buffer.alloc(3), ...pieces, Buffer.alloc(2)]);
    const at = storedTextAt(bytes, 3, bytes.length - 2, length);
    expect(at && bytes.toString('utf8', at, at + length)).toBe(length <= 256 ? text.toString() : undefined);
    expect(storedTextAt(bytes, 3, bytes.length - 2, length + 1)).toBeUndefined();
  }
});

test('its blocks end at a byte boundary: they are followed by an empty stored block', async () => {
  const { pieces } = await alignedDeflate(Buffer.from('[0.1,0.2,0.3]'.repeat(500)));
  const blocks = Buffer.concat(pieces).subarray(HEADER_BYTES, -TRAILER_BYTES);
  expect(blocks.subarray(-4).toString('hex')).toBe('0000ffff');
});

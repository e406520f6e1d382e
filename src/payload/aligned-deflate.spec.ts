import { randomBytes } from 'node:crypto';
import { crc32, deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import {
  ADLER_BYTES,
  alignedDeflate,
  FINAL_BLOCK,
  HEADER_BYTES,
  storedTextAt,
  TRAILER_BYTES,
} from './aligned-deflate.js';
import { adler32 } from './checksums.js';

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

test.each([
  ['short', Buffer.from('[0.1,0.2,0.3]'.repeat(500))],
  ['long', Buffer.from(`[${Array.from({ length: 50_000 }, (_, index) => Math.sin(index)).join(',')}]`)],
  ['long, and hardly to be packed', randomBytes(300_000)],
])('the blocks of a text that is %s end at a byte boundary, before one final block that is empty', async (_, text) => {
  const { pieces } = await alignedDeflate(text);
  const bytes = Buffer.concat(pieces);
  expect(inflateSync(bytes).equals(text)).toBe(true);
  const blocks = bytes.subarray(HEADER_BYTES, -TRAILER_BYTES);
  // What a flush leaves: an empty stored block.
  expect(blocks.subarray(-4).toString('hex')).toBe('0000ffff');
  expect(bytes.subarray(-TRAILER_BYTES, -ADLER_BYTES).equals(FINAL_BLOCK)).toBe(true);
  expect(bytes.readUInt32BE(bytes.length - ADLER_BYTES)).toBe(adler32(text));
});

import { crc32, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { adlerOf, alignedDeflate, deflateBlocks, WRAPPER_BYTES } from './aligned-deflate.js';

test('an aligned stream is plain zlib that any tool inflates', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 5_000 }), async (content) => {
      const text = Buffer.from(content);
      const stream = await alignedDeflate(text);
      expect(inflateSync(stream.bytes).equals(text)).toBe(true);
      expect(stream.rawLength).toBe(text.length);
      expect(stream.crc32).toBe(crc32(text));
      expect(stream.bytes.readUInt32BE(stream.bytes.length - 4)).toBe(adlerOf(stream.bytes));
    }),
  );
});

test('its blocks end at a byte boundary: they are followed by an empty stored block', async () => {
  const { bytes } = await alignedDeflate(Buffer.from('[0.1,0.2,0.3]'.repeat(500)));
  const blocks = deflateBlocks(bytes);
  expect(blocks.subarray(-4).toString('hex')).toBe('0000ffff');
  expect(blocks).toHaveLength(bytes.length - WRAPPER_BYTES);
});

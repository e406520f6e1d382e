import fc from 'fast-check';
import { BufferPool } from '../json/buffer-pool.js';
import { BodyOutput } from './body-output.js';

const pieces = fc.array(
  fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
    fc.oneof(fc.nat(16_000), fc.constant(40_000)).map((length) => Buffer.alloc(length, length % 251)),
  ),
  { maxLength: 80, size: 'max' },
);

test('what was added comes out, whatever the size of its pieces and wherever it is taken', () => {
  fc.assert(
    fc.property(pieces, fc.nat(80), (added, takeEvery) => {
      const output = new BodyOutput(new BufferPool(1e6));
      const taken: Buffer[] = [];
      const take = () => {
        const { pieces: some, bytes, sent } = output.take();
        const portion = Buffer.concat(some);
        expect(portion).toHaveLength(bytes);
        taken.push(portion);
        sent();
      };
      for (const [index, piece] of added.entries()) {
        output.add(piece);
        if (index % (takeEvery + 1) === takeEvery) take();
      }
      take();
      expect(Buffer.concat(taken).equals(Buffer.concat(added))).toBe(true);
    }),
  );
});

test('memory is used again only after it was sent', () => {
  const output = new BodyOutput(new BufferPool(1e6));
  output.add(Buffer.from('first'));
  const first = output.take();
  output.add(Buffer.from('other'));
  const other = output.take();
  expect(Buffer.concat(first.pieces).toString()).toBe('first');
  first.sent();
  output.add(Buffer.from('third'));
  expect(output.take().pieces[0]?.buffer).toBe(first.pieces[0]?.buffer);
  expect(Buffer.concat(other.pieces).toString()).toBe('other');
});

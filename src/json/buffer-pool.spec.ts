import { BufferPool } from './buffer-pool.js';

test('gives out the largest buffer first, and a new one where none is large enough', () => {
  const pool = new BufferPool(1_000);
  const [small, large, medium] = [10, 300, 200].map((bytes) => pool.take(bytes)) as [Buffer, Buffer, Buffer];
  for (const buffer of [large, small, medium]) pool.give(buffer);
  expect(pool.take(5)).toBe(large);
  expect(pool.take(250)).toHaveLength(250);
  expect(pool.take(5)).toBe(medium);
  expect(pool.take(5)).toBe(small);
  expect(pool.take(5)).not.toBe(small);
});

test('keeps no more than it may', () => {
  const pool = new BufferPool(500);
  const buffers = [300, 200, 1].map((bytes) => pool.take(bytes));
  for (const buffer of buffers) pool.give(buffer);
  expect([pool.take(1), pool.take(1), pool.take(1)]).toStrictEqual([buffers[0], buffers[1], expect.any(Buffer)]);
  expect(pool.take(1)).not.toBe(buffers[2]);
});

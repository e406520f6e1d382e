import { byteaArray, int4Array } from './binary-array.js';

/** What array_recv reads: dimensions, NULLs or not, type; length and lower bound; then each element behind its length. */
function head(oid: number, length: number): string {
  return [1, 0, oid, length, 1].map((field) => field.toString(16).padStart(8, '0')).join('');
}

test('lists are written as PostgreSQL writes them', () => {
  expect(int4Array([1, -2]).toString('hex')).toBe(`${head(23, 2)}0000000400000001` + '00000004fffffffe');
  expect(byteaArray([Buffer.from([0xff])]).toString('hex')).toBe(`${head(17, 1)}00000001ff`);
});

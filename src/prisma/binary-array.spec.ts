import { arrayText, byteaArray, int4Array, int8Array, textArray } from './binary-array.js';

/** What array_recv reads: dimensions, NULLs or not, type; length and lower bound; then each element behind its length. */
function head(oid: number, length: number, hasNull = 0): string {
  return [1, hasNull, oid, length, 1].map((field) => field.toString(16).padStart(8, '0')).join('');
}

test('lists are written as PostgreSQL writes them', () => {
  expect(int4Array([1, -2]).toString('hex')).toBe(`${head(23, 2)}0000000400000001` + '00000004fffffffe');
  expect(int8Array([2 ** 40 + 3]).toString('hex')).toBe(`${head(20, 1)}000000080000010000000003`);
  expect(textArray(['ż', null, '']).toString('hex')).toBe(`${head(25, 3, 1)}00000002c5bcffffffff00000000`);
  expect(byteaArray([Buffer.from([0xff])]).toString('hex')).toBe(`${head(17, 1)}00000001ff`);
});

test('a list inside a list of texts keeps quotes and backslashes', () => {
  expect(arrayText(['a"b', '\\', '', 'NULL', '{,}'])).toBe(String.raw`{"a\"b","\\","","NULL","{,}"}`);
});

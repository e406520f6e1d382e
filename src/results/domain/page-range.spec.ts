import fc from 'fast-check';
import { PageRangeError, parsePageNumber, parsePageNumbers } from './page-range.js';

const pageNumber = fc.integer({ min: 0, max: 2_147_483_647 });
const range = fc.tuple(pageNumber, pageNumber).map(([a, b]) => ({ first: Math.min(a, b), last: Math.max(a, b) }));

test('a page is selected exactly where one of the parts names it', () => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 20 }), pageNumber, (parts, page) => {
      const text = parts.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
      const holds = (ranges: typeof parts) => ranges.some(({ first, last }) => first <= page && page <= last);
      expect(holds(parsePageNumbers(text))).toBe(holds(parts));
    }),
  );
});

test('ranges come back sorted, merged and never expanded', () => {
  expect(parsePageNumbers('5,1-3,2-4,9')).toStrictEqual([
    { first: 1, last: 5 },
    { first: 9, last: 9 },
  ]);
  expect(parsePageNumbers('1-999999999')).toStrictEqual([{ first: 1, last: 999_999_999 }]);
  expect(parsePageNumbers('0')).toStrictEqual([{ first: 0, last: 0 }]);
});

test.each([
  ['3-1', '"3-1" runs backwards'],
  ['', '"" is neither a page number nor a range such as 1-3'],
  ['1,', '"" is neither'],
  ['1, 2', '" 2" is neither'],
  ['-1', '"-1" is neither'],
  ['1-2-3', '"1-2-3" is neither'],
  ['1.5', '"1.5" is neither'],
  ['٣', '"٣" is neither'],
  ['2147483648', '"2147483648" is above 2147483647'],
  ['1-99999999999999999999999', 'is above 2147483647'],
  ['9'.repeat(60), '…" is above'],
])('page_numbers %s is refused: %s', (text, message) => {
  expect(() => parsePageNumbers(text)).toThrow(PageRangeError);
  expect(() => parsePageNumbers(text)).toThrow(message);
});

test('at most 1,000 parts are read', () => {
  expect(parsePageNumbers(Array.from({ length: 1_000 }, (_, index) => index * 2).join(','))).toHaveLength(1_000);
  expect(() => parsePageNumbers(','.repeat(1_000))).toThrow('has more than 1000 parts');
});

test('a single page number is no range', () => {
  expect(parsePageNumber('7')).toStrictEqual({ first: 7, last: 7 });
  expect(() => parsePageNumber('1-3')).toThrow('"1-3" is not a page number');
  expect(() => parsePageNumber('-1')).toThrow('"-1" is not a page number');
});

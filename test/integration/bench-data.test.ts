import { bytesOf, dataSets, estimatorsText } from '../../bench/data/data-set.js';
import { pythonNumber } from '../../bench/data/python-number.js';

test.each([
  [0, '0.0'],
  [5, '5.0'],
  [-2.5, '-2.5'],
  [0.1 + 0.2, '0.30000000000000004'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [9007199254740992, '9007199254740992.0'],
  [1e16, '1e+16'],
  [123456789012345680, '1.2345678901234568e+17'],
  [-2.2250738585072014e-308, '-2.2250738585072014e-308'],
])('%d is printed as Python prints it', (value, text) => {
  expect(pythonNumber(value)).toBe(text);
});

test('a seed gives the same data every time, and another seed other data', () => {
  const set = dataSets(true).A;
  const text = (seed: number) => Buffer.concat(estimatorsText(set, seed)).toString('utf8');
  expect(text(1)).toBe(text(1));
  expect(text(1)).not.toBe(text(2));
});

test.each(['root', 'yaptide'] as const)('the %s dialect has every page with all of its values', (dialect) => {
  const set = dataSets(true).B;
  const { estimators } = JSON.parse(`{${Buffer.concat(estimatorsText(set, 1, dialect)).toString('utf8')}}`) as {
    estimators: { pages: { data: { values: number[] } }[] }[];
  };
  expect(estimators.map(({ pages }) => pages.map(({ data }) => data.values.length))).toEqual(
    Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => 400)),
  );
});

test('the largest set is 110 MB of JSON, the upload 16 MB', () => {
  const { X, M } = dataSets(false);
  const megabytes = [M, { ...X, estimators: 1 }].map((set) => bytesOf(estimatorsText(set, 1)) / 1e6);
  expect(megabytes[0]).toBeCloseTo(16.5, 0);
  expect((megabytes[1] as number) * X.estimators).toBeCloseTo(112, -1);
});

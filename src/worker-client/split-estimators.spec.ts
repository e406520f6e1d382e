import { type EstimatorInput, type Part, splitEstimators } from './split-estimators.js';
import { splitList, splitMap } from './split-texts.js';

interface Page {
  readonly page_number: number;
}
type Stored = Map<string, { pages: Page[] }>;

function page(number: number, values: readonly number[] = [0.5, 1.5]) {
  return {
    page_number: number,
    name: `page ${number}`,
    data: { values, dimensions: [[...values.keys()]], unit: 'Gy' },
  };
}

/** What a service has after it stored all of them. */
function joined(parts: readonly Part[]): unknown[] {
  const stored: Stored = new Map();
  for (const estimator of parts.flatMap(({ text }) => JSON.parse(text) as { name: string; pages: Page[] }[])) {
    const pages = [...(stored.get(estimator.name)?.pages ?? []), ...estimator.pages];
    stored.set(estimator.name, { ...estimator, pages });
  }
  return [...stored.values()];
}

const split = (estimators: unknown[], room: number) => [...splitEstimators(estimators, room)];

describe('splitEstimators', () => {
  it('leaves what fits in one text', () => {
    const estimators = [
      { name: 'a', pages: [page(0), page(1)] },
      { name: 'b', pages: [] },
    ];
    const [part, ...more] = split(estimators, 10_000);
    expect(JSON.parse(part?.text ?? '')).toStrictEqual(estimators);
    expect([part?.pages.length, more]).toStrictEqual([2, []]);
    expect(split([], 10)).toStrictEqual([{ text: '[]', pages: [] }]);
  });

  it('fills the room, never exceeds it but with a single page, and loses nothing', () => {
    for (let room = 300; room < 3000; room += 97) {
      const estimators = Array.from({ length: 1 + (room % 6) }, (_, index) => ({
        name: `estimator ${index}`,
        metadata: { text: 'x'.repeat((room * (index + 1)) % 50) },
        pages: Array.from({ length: (room + index) % 9 }, (__, n) => page(n, Array(1 + ((room * n) % 20)).fill(1 / 3))),
      }));
      const parts = split(estimators, room);
      expect(joined(parts)).toStrictEqual(estimators);
      for (const { text, pages } of parts) expect(text.length <= room || pages.length === 1).toBe(true);
      const keys = parts.flatMap(({ pages }) => pages);
      expect(new Set(keys).size).toBe(estimators.reduce((sum, { pages }) => sum + pages.length, 0));
      expect(keys).toHaveLength(new Set(keys).size);
    }
  });

  it('counts the size of a part to the byte', () => {
    const estimators = [
      { name: 'ą', pages: [page(0), page(1)] },
      { name: 'b', pages: [page(0)] },
    ];
    const exact = split(estimators, 10_000)[0]?.text.length ?? 0;
    expect([exact, exact - 1].map((room) => split(estimators, room).length)).toStrictEqual([1, 2]);
  });

  it('counts pages and estimators too', () => {
    const estimators = ['a', 'b', 'c'].map((name) => ({ name, pages: [page(0), page(1)] }));
    const counts = (limits: { pages: number; estimators: number }) =>
      [...splitEstimators(estimators, 1e6, limits)].map(({ pages }) => pages.length);
    expect(counts({ pages: 4, estimators: 100 })).toStrictEqual([4, 2]);
    expect(counts({ pages: 100, estimators: 1 })).toStrictEqual([2, 2, 2]);
  });

  it('knows a page by its number, in both shapes', () => {
    const other = { dimensions: 0, metadata: { page_number: '7' }, data: { values: [1] } };
    const [part] = split([{ name: 'a', pages: [page(7), other, {}] }], 10_000);
    expect(part?.pages).toStrictEqual(['["a",7]', '["a",7]', '["a","at 2"]']);
  });

  it('takes pages from a generator, one only once it is its turn', () => {
    let made = 0;
    const pages = (function* () {
      for (; made < 100; made += 1) yield page(made);
    })();
    const parts = splitEstimators([{ name: 'a', pages } satisfies EstimatorInput], 300);
    parts.next();
    expect(made).toBeLessThan(5);
    expect([...parts].length).toBeGreaterThan(30);
  });

  it.each([{ name: 'a' }, { name: 'a', pages: {} }, { name: 'a', pages: 'b' }, 'a', null])(
    'names what is no estimator: %j',
    (wrong) => {
      expect(() => split([{ name: 'b', pages: [] }, wrong], 1000)).toThrow(/estimators\[1\]/);
    },
  );
});

test('files and tasks are split between each other', () => {
  const texts = Object.fromEntries(
    ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => [name, JSON.stringify(name.repeat(40))]),
  );
  const names = [...splitMap(texts, 100, 100)].map((part) => Object.keys(JSON.parse(part) as object));
  expect(names).toStrictEqual([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g']]);
  expect([...splitList(['1', '2', '3'], 100, 2)]).toStrictEqual(['[1,2]', '[3]']);
});

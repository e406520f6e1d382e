import { binsOf } from './bins.js';

test.each([
  { entries: [], values: 1, bins: [] },
  { entries: [400], values: 400, bins: [400] },
  { entries: [401], values: 400, bins: [400] },
  { entries: [80, 400], values: 32_000, bins: [80, 400] },
  { entries: [81, 401], values: 32_000, bins: [80, 400] },
  { entries: [2, 3, 4], values: 24, bins: [2, 3, 4] },
  { entries: [], values: 2, bins: undefined },
  { entries: [80, 401], values: 32_000, bins: undefined },
  { entries: [3], values: 5, bins: undefined },
  { entries: [0], values: 0, bins: [0] },
])('$values values on axes of $entries entries have bins $bins', ({ entries, values, bins }) => {
  expect(binsOf(entries, values)).toStrictEqual(bins);
});

import { isoTime } from './iso-time.js';

test('is what Date makes of it, also where more times came than are kept', () => {
  for (let round = 0; round < 2; round++) {
    for (let time = -5; time < 25_000; time++) {
      if (isoTime(time * 997) !== new Date(time * 997).toISOString()) throw new Error(`${time} is another time`);
    }
  }
  expect(isoTime(1_764_000_000_123)).toBe('2025-11-24T16:00:00.123Z');
});

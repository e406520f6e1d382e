import { durationOf } from './duration.js';

test.each([
  [0, { hours: 0, minutes: 0, seconds: 0 }],
  [59, { hours: 0, minutes: 0, seconds: 59 }],
  [3_661, { hours: 1, minutes: 1, seconds: 1 }],
  [100 * 3_600 + 59 * 60, { hours: 100, minutes: 59, seconds: 0 }],
])('%d s', (seconds, duration) => {
  expect(durationOf(seconds)).toStrictEqual(duration);
});

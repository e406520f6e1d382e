import { jittered, nextDelay, RETRY_DELAYS } from './retry-schedule.js';

const TEN_MINUTES = { attempts: 5, seconds: 600 };

/** The times of all attempts, in seconds, when the broker delays exactly. */
function attemptsOf(limit: { attempts: number; seconds: number }): number[] {
  const times = [0];
  for (let now = 0; ;) {
    const delay = nextDelay({ attempts: times.length, firstAt: 0 }, limit, now * 1000);
    if (delay === undefined) return times;
    now += delay;
    times.push(now);
  }
}

test('delays grow, and the last attempt comes when the time is up', () => {
  const times = attemptsOf(TEN_MINUTES);
  expect(times.slice(0, 6)).toStrictEqual([0, 1, 6, 21, 81, 201]);
  expect(times.at(-1)).toBe(600);
});

test('a short time still gives all attempts', () => {
  expect(attemptsOf({ attempts: 5, seconds: 1 })).toStrictEqual([0, 1, 2, 3, 4]);
});

test('attempts long ago do not end the waiting before all of them were made', () => {
  expect(nextDelay({ attempts: 4, firstAt: 0 }, TEN_MINUTES, 3_600_000)).toBe(1);
  expect(nextDelay({ attempts: 5, firstAt: 0 }, TEN_MINUTES, 3_600_000)).toBeUndefined();
});

test('a clock that went backwards only makes the waiting longer', () => {
  expect(nextDelay({ attempts: 2, firstAt: 10_000 }, TEN_MINUTES, 0)).toBe(5);
});

test('jitter stays within the last fifth of a delay', () => {
  for (const delay of RETRY_DELAYS) {
    expect(jittered(delay, () => 0)).toBe(delay * 1000);
    expect(jittered(delay, () => 0.999_999)).toBeGreaterThanOrEqual(delay * 800);
  }
});

import { backoff, parseRetryAfter } from './backoff.js';

describe('the wait before another try', () => {
  it('doubles up to half a minute and is shortened at random', () => {
    expect([0, 1, 2, 6, 1000].map((attempt) => backoff(attempt, undefined, 0))).toStrictEqual([0.5, 1, 2, 30, 30]);
    expect(backoff(6, undefined, 1)).toBe(15);
  });

  it('is never shorter than the server asked', () => {
    expect([backoff(0, 7, 0), backoff(0, 8, 1), backoff(6, 1, 0)]).toStrictEqual([7, 10, 30]);
  });

  it.each([
    ['5', 5],
    [' 0 ', 0],
    ['999999', 600],
    ['Wed, 25 Nov 2026 12:00:09 GMT', 9],
    ['Wednesday, 25-Nov-26 12:00:09 GMT', 9],
    ['Wed, 25 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-1', undefined],
    ['', undefined],
    [undefined, undefined],
    ['9'.repeat(400), undefined],
  ])('takes Retry-After: %s for %s s', (text, seconds) => {
    expect(parseRetryAfter(text, Date.UTC(2026, 10, 25, 12))).toBe(seconds);
  });
});

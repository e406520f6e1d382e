import { taskShare } from './task-share.js';

test.each([0, 1])(
  'the shares of tasks numbered from %d are all of the primaries, and differ by one at most',
  (first) => {
    const shares = Array.from({ length: 7 }, (_, index) => taskShare(80_005, 7, first + index));
    expect(shares.reduce((sum, share) => sum + share, 0)).toBe(80_005);
    expect(Math.max(...shares) - Math.min(...shares)).toBe(1);
  },
);

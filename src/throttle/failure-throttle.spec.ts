import { FailureThrottle } from './failure-throttle.js';

describe('FailureThrottle', () => {
  let time = 0;
  const throttle = (options = {}) => new FailureThrottle({ now: () => time, ...options });
  const failTimes = (target: FailureThrottle, key: string, times: number) => {
    let last: number | undefined;
    for (let i = 0; i < times; i++) last = target.fail(key);
    return last;
  };

  beforeEach(() => (time = 1_000_000));

  it('lets twenty failures a minute be, and throttles the twenty-first', () => {
    const target = throttle();
    expect(failTimes(target, 'a', 20)).toBeUndefined();
    expect(target.fail('a')).toBe(60);
  });

  it('counts each key by itself', () => {
    const target = throttle();
    failTimes(target, 'a', 30);
    expect(target.fail('b')).toBeUndefined();
  });

  it('tells the seconds until a failure is no longer one too many', () => {
    const target = throttle();
    for (let i = 0; i < 20; i++, time += 1_000) target.fail('a');
    expect(target.check('a')).toBe(40);
    time += 39_999;
    expect(target.check('a')).toBe(1);
    time += 1;
    expect(target.check('a')).toBeUndefined();
    expect(target.fail('a')).toBeUndefined();
  });

  it('slides: a steady twenty a minute is never throttled', () => {
    const target = throttle();
    for (let i = 0; i < 200; i++, time += 3_000) expect(target.fail('a')).toBeUndefined();
  });

  it('keeps throttling while the failures go on', () => {
    const target = throttle();
    failTimes(target, 'a', 20);
    for (let i = 0; i < 120; i++, time += 1_000) expect(target.fail('a')).toBeGreaterThanOrEqual(1);
  });

  it('forgets keys whose minute is over, and never holds more keys than it may', () => {
    const target = throttle({ maxKeys: 100 });
    for (let i = 0; i < 1_000; i++) target.fail(`key ${i}`);
    expect(target.size).toBe(100);
    time += 60_001;
    target.fail('another');
    expect(target.size).toBe(1);
  });
});

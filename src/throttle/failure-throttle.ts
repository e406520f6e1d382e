/** Failures of one key within a sliding minute; beyond `limit` of them a failure is to be answered 429. */
export interface ThrottleOptions {
  readonly limit?: number;
  readonly windowMs?: number;
  /** Keys remembered at once: the one that failed longest ago is forgotten first. */
  readonly maxKeys?: number;
  /** Milliseconds of any clock that never runs backwards. */
  readonly now?: () => number;
}

/**
 * Counts failures only, so it never stands in the way of right credentials: verify them first, then call `fail`
 * for wrong ones. Holds at most `limit` times of `maxKeys` keys.
 */
export class FailureThrottle {
  private readonly limit: number;
  private readonly windowMs: number;
  private readonly maxKeys: number;
  private readonly now: () => number;
  /** Key → times of its latest failures, oldest first; the keys in order of their latest failure. */
  private readonly failures = new Map<string, number[]>();

  constructor({
    limit = 20,
    windowMs = 60_000,
    maxKeys = 20_000,
    now = () => performance.now(),
  }: ThrottleOptions = {}) {
    this.limit = limit;
    this.windowMs = windowMs;
    this.maxKeys = maxKeys;
    this.now = now;
  }

  /** Number of keys remembered. */
  get size(): number {
    return this.failures.size;
  }

  /** Seconds until a failure of this key would no longer be too many, or undefined where it would not be now. */
  check(key: string): number | undefined {
    const recent = this.recent(key);
    const oldest = recent[recent.length - this.limit];
    if (oldest === undefined) return undefined;
    return Math.max(1, Math.ceil((oldest + this.windowMs - this.now()) / 1000));
  }

  /** Records a failure. Returns the seconds to wait where it is one too many, undefined where it is not. */
  fail(key: string): number | undefined {
    const tooMany = this.check(key) !== undefined;
    const recent = [...this.recent(key), this.now()].slice(-this.limit);
    this.failures.delete(key);
    this.failures.set(key, recent);
    this.forgetOld();
    return tooMany ? this.check(key) : undefined;
  }

  private recent(key: string): number[] {
    const since = this.now() - this.windowMs;
    return (this.failures.get(key) ?? []).filter((time) => time > since);
  }

  /** Map keeps insertion order, so what has run out or is too much stands at its beginning. */
  private forgetOld(): void {
    const since = this.now() - this.windowMs;
    for (const [key, times] of this.failures) {
      const latest = times[times.length - 1] ?? -Infinity;
      if (latest > since && this.failures.size <= this.maxKeys) return;
      this.failures.delete(key);
    }
  }
}

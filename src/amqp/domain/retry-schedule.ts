/** Seconds of the delay queues. They are declared with the broker, so a value here may be added but never changed. */
export const RETRY_DELAYS = [1, 5, 15, 60, 120] as const;
export type RetryDelay = (typeof RETRY_DELAYS)[number];

/** How far a delivery has come; the attempt at hand counts. */
export interface Tried {
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAt: number;
}

/**
 * The delay before the next attempt, or undefined where both the attempts and the seconds are used up. Delays grow; near
 * the end they are short again, so that the last attempt comes when the time is up and not minutes later.
 *
 * @param now epoch milliseconds
 */
export function nextDelay(
  { attempts, firstAt }: Tried,
  limit: { readonly attempts: number; readonly seconds: number },
  now: number,
): RetryDelay | undefined {
  const left = limit.seconds - (now - firstAt) / 1000;
  if (left <= 0 && attempts >= limit.attempts) return undefined;
  const step = Math.min(attempts, RETRY_DELAYS.length) - 1;
  return RETRY_DELAYS.slice(0, step + 1).findLast((delay) => delay <= left) ?? RETRY_DELAYS[0];
}

/** Milliseconds within the last fifth of a delay: what failed together does not come back together. */
export function jittered(delay: RetryDelay, random: () => number = Math.random): number {
  return Math.round(delay * 1000 * (1 - 0.2 * random()));
}

const FIRST_WAIT_S = 0.5;
const LONGEST_WAIT_S = 30;
const LONGEST_RETRY_AFTER_S = 600;

/**
 * Seconds to wait after failure number `attempt` (from 0): doubling from 0.5 to 30, each shortened by up to half. Never less
 * than what the server asked for (`retryAfter`), with up to a quarter more, so that a thousand workers do not come back in
 * the same instant. `draw` is a random number from 0 to 1.
 */
export function backoff(attempt: number, retryAfter: number | undefined, draw: number): number {
  const wait = Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** Math.min(attempt, 16)) * (1 - draw / 2);
  return retryAfter === undefined ? wait : Math.max(wait, retryAfter * (1 + draw / 4));
}

/**
 * Seconds that a header Retry-After asks for (RFC 9110, 10.2.3: seconds or a date), at most 600; undefined: no wish.
 * `now` is in milliseconds of the epoch.
 */
export function parseRetryAfter(text: string | undefined, now: number): number | undefined {
  const wish = text?.trim() ?? '';
  if (/^\d{1,9}$/.test(wish)) return Math.min(Number(wish), LONGEST_RETRY_AFTER_S);
  // Date.parse takes almost anything for a date.
  const at = /^[A-Z][a-z]+, .* GMT$/.test(wish) ? Date.parse(wish) : NaN;
  return Number.isNaN(at) ? undefined : Math.min(Math.max((at - now) / 1000, 0), LONGEST_RETRY_AFTER_S);
}

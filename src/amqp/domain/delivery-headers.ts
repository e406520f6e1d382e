/** Headers of ours, on messages that are tried again or were given up. Strangers may send anything under these names. */
const ATTEMPTS = 'x-tallyhouse-attempts';
const FIRST_AT = 'x-tallyhouse-first-attempt-at';
const LAST_AT = 'x-tallyhouse-last-attempt-at';
const REASON = 'x-tallyhouse-reason';
const ERROR = 'x-tallyhouse-error';
/** Names one publication of ours; a message that the broker doubles keeps it. */
export const PUBLICATION_ID = 'x-tallyhouse-publication-id';

export type Headers = Readonly<Record<string, unknown>>;

/** What is known of the attempts before this delivery. */
export interface History {
  readonly attempts: number;
  /** Epoch milliseconds; undefined before the first. */
  readonly firstAt: number | undefined;
}

/** Why and when a message was given up. */
export interface Verdict {
  /** A kind of error, or what the broker calls it. */
  readonly reason: string;
  /** The text that HTTP would have answered. */
  readonly error: string;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
}

export function readHistory(headers: Headers): History {
  const attempts = Number(headers[ATTEMPTS]);
  return {
    attempts: Number.isSafeInteger(attempts) && attempts > 0 ? attempts : 0,
    firstAt: readTime(headers[FIRST_AT]),
  };
}

export function writeHistory(attempts: number, firstAt: number): Headers {
  return { [ATTEMPTS]: attempts, [FIRST_AT]: new Date(firstAt).toISOString() };
}

/** Messages are some hundred characters at most; the limit keeps the headers within a frame whatever happens. */
const MAX_ERROR_LENGTH = 4_096;

export function writeVerdict(verdict: Verdict): Headers {
  return {
    ...writeHistory(verdict.attempts, verdict.firstAt),
    [LAST_AT]: new Date(verdict.lastAt).toISOString(),
    [REASON]: verdict.reason,
    [ERROR]: verdict.error.slice(0, MAX_ERROR_LENGTH),
  };
}

/** The verdict that stands in the headers; what is missing, because the broker itself gave up, is filled in. */
export function readVerdict(headers: Headers, now: number): Verdict {
  const { attempts, firstAt } = readHistory(headers);
  const brokersReason = text(headers['x-first-death-reason']);
  return {
    reason: text(headers[REASON]) ?? brokersReason ?? 'unknown',
    error: text(headers[ERROR]) ?? `The broker gave up: ${brokersReason ?? 'no reason given'}`,
    attempts,
    firstAt: firstAt ?? now,
    lastAt: readTime(headers[LAST_AT]) ?? now,
  };
}

/** The id under which we published it, undefined where it was not us. */
export function readPublicationId(headers: Headers): string | undefined {
  const id = text(headers[PUBLICATION_ID]);
  return id !== undefined && UUID.test(id) ? id : undefined;
}

/** Headers as their sender wrote them: without ours, and without what the broker adds. */
export function sendersHeaders(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS_OR_BROKERS.test(name)));
}

/** `CC` and `BCC` would make the broker route the message to further queues once more. */
const OURS_OR_BROKERS = /^(x-(tallyhouse-|death$|first-death-|last-death-|delivery-count$|acquired-count$)|B?CC$)/;
/** The year 9999: beyond it no database and no client agree on how a time is written. */
const LATEST = Date.UTC(9999, 11, 31);
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function readTime(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return time >= 0 && time <= LATEST ? time : undefined;
}

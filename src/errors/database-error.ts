import { types } from 'node:util';
import { AppError } from './app-error.js';

/** SQLSTATE classes and codes of PostgreSQL, and codes of Prisma and Node, that say "the database is away or busy". */
const AWAY = /^(08|57P0|53|58)/;
const TRANSIENT = new Set([
  ...['40001', '40P01', '55P03', '25P03'],
  ...['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037', 'P2039'],
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
]);
const AWAY_MESSAGE =
  /connection terminated|timeout exceeded when trying to connect|connection timeout|Client has encountered a connection error|Query read timeout|the database system is|Can't reach database|Server has closed the connection|Connection closed/i;

/** `query_canceled`: a statement took longer than it may, though the database is there. To wait for a lock is none of it (55P03). */
const CANCELED = '57014';
const RETRY_AFTER_SECONDS = 2;

/** True where the same work may succeed later, without change: the database is away, restarting or overloaded. */
export function isDatabaseAway(error: unknown): boolean {
  return databaseFault(error) !== undefined;
}

/** What an error of the database, or on the way to it, means to a caller: `unavailable`, `tooSlow`, or nothing of both. */
export function databaseFault(error: unknown): AppError | undefined {
  for (const candidate of causes(error)) {
    const code = 'code' in candidate && typeof candidate.code === 'string' ? candidate.code : '';
    if (code === CANCELED) return databaseTooSlow();
    if (AWAY.test(code) || TRANSIENT.has(code) || AWAY_MESSAGE.test(candidate.message)) return databaseAway();
  }
  return undefined;
}

/** The answer to a caller while the database is away. */
export function databaseAway(): AppError {
  return new AppError('unavailable', 'The database is unavailable, try again shortly', RETRY_AFTER_SECONDS);
}

function databaseTooSlow(): AppError {
  return new AppError('tooSlow', 'The database took too long, try again shortly', RETRY_AFTER_SECONDS);
}

function* causes(error: unknown): Generator<Error> {
  const seen = new Set<unknown>();
  // Not instanceof: an error may come from another realm, as those of Node itself do under Jest.
  for (let current = error; types.isNativeError(current) && !seen.has(current); current = current.cause) {
    seen.add(current);
    yield current;
    if (current instanceof AggregateError)
      yield* (current.errors as unknown[]).filter((one) => types.isNativeError(one));
    const adapter = (current as { meta?: { driverAdapterError?: unknown } }).meta?.driverAdapterError;
    if (types.isNativeError(adapter)) yield* causes(adapter);
  }
}

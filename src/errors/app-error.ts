/** What can go wrong for a caller. Each transport has one table that says what it makes of a kind. */
export const ERROR_KINDS = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'wrongKey',
  'unknownSimulation',
  'deletedSimulation',
  'notFound',
  'conflict',
  'timeout',
  'tooLarge',
  'unsupported',
  'throttled',
  'tooSlow',
  'unavailable',
] as const;

export type ErrorKind = (typeof ERROR_KINDS)[number];

/**
 * A refusal with a message for the caller: it names the field and what was wrong, and never holds SQL, a secret
 * or a stack. Services throw it; the doors translate it by its kind.
 */
export class AppError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    /** Seconds after which another try makes sense, for `throttled`, `tooSlow` and `unavailable`. */
    readonly retryAfter?: number,
    /** The simulation in question, where the log should name it and the message may not. */
    readonly simulation?: string | number,
  ) {
    super(message);
    this.name = 'AppError';
  }
}

/** A field of the request that is malformed: `page_numbers: "3-1" runs backwards`. */
export function invalid(field: string, wrong: string): AppError {
  return new AppError('invalid', `${field}: ${wrong}`);
}

/** The simulation is gone: who writes to it is too late. */
export function deletedSimulation(simulation: string | number): AppError {
  return new AppError('deletedSimulation', 'The simulation was deleted', undefined, simulation);
}

/** A body, or a part of it, over its limit. */
export function tooLarge(message: string): AppError {
  return new AppError('tooLarge', message);
}

import { AppError, type ErrorKind } from './app-error.js';
import { databaseFault } from './database-error.js';

/** What an error amounts to for whoever sent something, through whichever door. */
export interface Fault {
  readonly kind: ErrorKind | 'unexpected';
  /** For the sender: never SQL, a secret or a stack. */
  readonly message: string;
  /** Seconds after which another try makes sense. */
  readonly retryAfter?: number | undefined;
}

/** A defect of ours tells strangers nothing. */
const UNEXPECTED: Fault = { kind: 'unexpected', message: 'Internal server error' };

/** The fault behind whatever was thrown. */
export function faultOf(error: unknown): Fault {
  if (error instanceof AppError) return error;
  return databaseFault(error) ?? UNEXPECTED;
}

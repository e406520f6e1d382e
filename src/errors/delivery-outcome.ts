import type { ErrorKind } from './app-error.js';

/**
 * What becomes of a delivery: acknowledge it; dead-letter it with its reason; retry it later, with growing delays, until
 * both its attempts and its time are used up; or put it back and pause, because nobody could be served now.
 */
export type DeliveryOutcome =
  | { readonly does: 'acknowledge' }
  | { readonly does: 'deadLetter' }
  | { readonly does: 'retry'; readonly attempts: number; readonly seconds: number }
  | { readonly does: 'putBack' };

const ACKNOWLEDGE = { does: 'acknowledge' } as const;
const DEAD_LETTER = { does: 'deadLetter' } as const;

/** Kind of error → what becomes of the delivery. Its twin for HTTP maps kinds to statuses. */
export const DELIVERY_OUTCOME: Readonly<Record<ErrorKind, DeliveryOutcome>> = {
  invalid: DEAD_LETTER,
  unauthenticated: DEAD_LETTER,
  forbidden: DEAD_LETTER,
  wrongKey: DEAD_LETTER,
  // A fast worker overtakes its own submission.
  unknownSimulation: { does: 'retry', attempts: 5, seconds: 600 },
  // Whoever deleted it wants nothing of it any more.
  deletedSimulation: ACKNOWLEDGE,
  notFound: DEAD_LETTER,
  timeout: DEAD_LETTER,
  conflict: DEAD_LETTER,
  tooLarge: DEAD_LETTER,
  unsupported: DEAD_LETTER,
  throttled: { does: 'retry', attempts: 5, seconds: 60 },
  // Mostly the database was busy for a while; what is too much for it at any time must not come back for ever.
  tooSlow: { does: 'retry', attempts: 5, seconds: 600 },
  // An outage never counts as an attempt, and never dead-letters anything.
  unavailable: { does: 'putBack' },
};

/** An error that nobody foresaw is a defect of ours: it may pass, else the message is kept for after the repair. */
export const UNEXPECTED_OUTCOME: DeliveryOutcome = { does: 'retry', attempts: 5, seconds: 30 };

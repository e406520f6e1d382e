import type { ErrorKind } from './app-error.js';

/** Kind of error → HTTP status. Its twin for RabbitMQ maps kinds to settling outcomes. */
export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  wrongKey: 403,
  unknownSimulation: 403,
  deletedSimulation: 403,
  notFound: 404,
  timeout: 408,
  conflict: 409,
  tooLarge: 413,
  unsupported: 415,
  throttled: 429,
  tooSlow: 503,
  unavailable: 503,
};

/** What the client throws on purpose; anything else is a defect. */
export class WorkerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** The service will never take this (wrong key, bad shape, too large). It was not kept; `status` is HTTP's. */
export class Refused extends WorkerError {
  constructor(
    readonly status: number,
    readonly reason: string,
  ) {
    super(`the server refused: ${reason} (HTTP ${status})`);
  }
}

/** Neither sent nor kept: nobody takes it now, and the spool folder is full or can't be written. */
export class NotSent extends WorkerError {}

/** What could never be sent: this is no message, or a setting is missing or wrong. */
export class InvalidInput extends WorkerError {}

/** The spool folder is full or can't be written. */
export class SpoolError extends WorkerError {}

/** In a few words what an error of a socket, a file or a library amounts to. */
export function reasonOf(error: unknown): string {
  // Where a name has several addresses, the errors of all are inside.
  const cause: unknown = error instanceof AggregateError ? error.errors.at(-1) : error;
  return cause instanceof Error ? (cause.message || cause.name).slice(0, 300) : String(cause);
}

import type { Message } from './message.js';

/** A way to the service. */
export interface Door {
  readonly name: 'amqp' | 'http';
  /** Whether a message of this size can go through at all. */
  takes(message: Message): boolean;
  /** True for a while after a failure: the other door is tried first then. */
  readonly isResting: boolean;
  /** Resolves once the message is acknowledged. Rejects with Refused, or with Away where another try may help. */
  send(message: Message): Promise<void>;
  close(): Promise<void>;
}

/** A door can't take a message now; it may later, not before `retryAfter` seconds where that is set. */
export class Away extends Error {
  constructor(
    reason: string,
    readonly retryAfter?: number,
  ) {
    super(reason);
  }
}

/** None of the doors that are configured takes a message of this size, however often it is tried. */
export class NoDoor extends Away {
  constructor(bytes: number) {
    super(`${bytes} bytes are too large for a message: set TALLYHOUSE_URL as well`);
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/** So long, in milliseconds, others may wait. */
const LONGEST_MS = 4;

/**
 * Lets others have their turn of the event loop while something long goes on. What comes over a socket is handed on up to two
 * megabytes in one turn, and what lies ready in memory without any.
 */
export class FairTurns {
  private since = performance.now();

  /** Await it between steps. */
  async next(): Promise<void> {
    if (performance.now() - this.since < LONGEST_MS) return;
    await nextTurn();
    this.since = performance.now();
  }
}

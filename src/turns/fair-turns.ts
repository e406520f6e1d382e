import { setImmediate as nextTurn } from 'node:timers/promises';
import { READERS_FIRST } from './readers-first.js';

/** Number text of this length is scanned in a quarter of a millisecond; a read needs several turns, and waits so long for each. */
const TURN_BYTES = 64 * 1024;

/**
 * Lets others have their turn of the event loop while something long goes on, and those who read go first. What comes over a
 * socket is handed on up to two megabytes in one turn, and what lies ready in memory without any.
 */
export class FairTurns {
  private bytes = 0;

  /** Await it between steps; each did so many bytes. What is small has no pause at all. */
  async next(bytes: number): Promise<void> {
    this.bytes += bytes;
    if (this.bytes < TURN_BYTES) return;
    await nextTurn();
    await READERS_FIRST.giveWay();
    this.bytes = 0;
  }
}

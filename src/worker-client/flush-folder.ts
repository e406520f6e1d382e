import { Away, type Door } from './door.js';
import type { Doors } from './doors.js';
import type { Message } from './message.js';
import type { SimulationSpool } from './simulation-spool.js';
import { InvalidInput, Refused } from './worker-errors.js';

/** By the name in the spool: through which door it went, or why it was set aside; and what ended the flush. */
export interface FlushOutcome {
  readonly sent: Map<string, Door['name']>;
  readonly refused: Map<string, string>;
  failure: string;
}

/** How long a flush goes on. */
export interface FlushWill {
  /** Seconds, for each message and for another process that is sending. */
  readonly patience: number;
  /** Of a try of the first message just before. */
  readonly failure?: Away | undefined;
  /** Another process may have done what is wanted. */
  readonly isOver?: () => Promise<boolean>;
}

/** Sends what waits for one simulation, the oldest first, until nothing waits or the doors are away. */
export async function flushFolder(folder: SimulationSpool, doors: Doors, will: FlushWill): Promise<FlushOutcome> {
  const outcome: FlushOutcome = { sent: new Map(), refused: new Map(), failure: 'another process is sending' };
  const { patience, isOver = () => Promise.resolve(false) } = will;
  await folder.locked(performance.now() + patience * 1000, isOver, async (isMine) => {
    if (!isMine) return;
    try {
      await sendAll(folder, doors, will, outcome);
    } catch (error) {
      if (!(error instanceof Away)) throw error;
      outcome.failure = error.message;
    }
  });
  return outcome;
}

async function sendAll(folder: SimulationSpool, doors: Doors, will: FlushWill, outcome: FlushOutcome): Promise<void> {
  let { failure } = will;
  let names = await folder.pending();
  if (names.length > 0) await folder.sweep();
  while (names.length > 0) {
    for (const name of names) {
      await sendOne(folder, name, outcome, (message) => doors.deliver(message, will.patience, failure));
      failure = undefined;
    }
    // What others put there meanwhile.
    names = await folder.pending();
  }
}

async function sendOne(
  folder: SimulationSpool,
  name: string,
  outcome: FlushOutcome,
  deliver: (message: Message) => Promise<Door['name']>,
): Promise<void> {
  try {
    const message = await folder.load(name);
    if (message === undefined) return;
    outcome.sent.set(name, await deliver(message));
    await folder.remove(name);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof InvalidInput)) throw error;
    outcome.refused.set(name, error.message);
    const [status, text] = error instanceof Refused ? [error.status, error.reason] : [0, error.message];
    await folder.setAside(name, status, text);
  }
}

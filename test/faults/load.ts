import type { Ledger } from './ledger.js';
import type { Door, LogicalWrite } from './logical-write.js';
import type { Sender } from './sender.js';

export interface LoadOptions {
  /** Sequences: of each, a write is sent once the one before is acknowledged. */
  readonly plan: Iterable<readonly LogicalWrite[]>;
  readonly ledger: Ledger;
  readonly senders: Readonly<Record<Door, Sender>>;
  /** Sequences that are on their way at the same time. */
  readonly concurrency: number;
  readonly giveUp: AbortSignal;
}

/** Sends a whole plan, each write until it is acknowledged; resolves once all of it is, or it was told to give up. */
export async function runLoad({ plan, ledger, senders, concurrency, giveUp }: LoadOptions): Promise<void> {
  const sequences = plan[Symbol.iterator]();
  const send = async (write: LogicalWrite) => {
    if (giveUp.aborted) return;
    const acknowledge = ledger.attempt(write);
    if (await senders[write.door].send(write, giveUp)) acknowledge();
  };
  const worker = async () => {
    for (let next = sequences.next(); next.done !== true && !giveUp.aborted; next = sequences.next()) {
      for (const write of next.value) await send(write);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker)).finally(() => ledger.close());
}

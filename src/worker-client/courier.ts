import { Away, NoDoor } from './door.js';
import { Doors } from './doors.js';
import { flushFolder, type FlushOutcome } from './flush-folder.js';
import type { Message } from './message.js';
import type { Fate, FlushReport } from './receipt.js';
import { REFUSED, type SimulationSpool } from './simulation-spool.js';
import { Spool } from './spool.js';
import { InvalidInput, NotSent, SpoolError } from './worker-errors.js';
import type { WorkerSettings } from './worker-settings.js';

/** Brings messages through the first door that takes them, or into the spool; one call at a time. */
export class Courier {
  private readonly doors: Doors;
  private readonly spool: Spool;
  /** The end of the call that came last. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly settings: WorkerSettings) {
    this.doors = new Doors(settings);
    this.spool = new Spool(settings.spoolDir, settings.spoolBytes);
  }

  /**
   * What became of it; rejects with Refused, NotSent, or InvalidInput where no door takes its size. What waits for the same
   * simulation goes first, so that an old version of a page never comes after a new one. With `onlyKeep` nothing is tried.
   */
  async send(message: Message, onlyKeep: boolean): Promise<Fate> {
    if (!this.doors.takes(message)) throw new InvalidInput(new NoDoor(message.inflatedBytes).message);
    return this.inTurn(() => this.sendNow(message, onlyKeep));
  }

  /** Sends what waits, of all simulations, the oldest first. */
  async flush(): Promise<FlushReport> {
    return this.inTurn(() => this.flushAll());
  }

  async close(): Promise<void> {
    await this.inTurn(() => this.doors.close());
  }

  private async inTurn<T>(call: () => Promise<T>): Promise<T> {
    const turn = this.last.then(call);
    this.last = turn.catch(() => undefined);
    return turn;
  }

  private async sendNow(message: Message, onlyKeep: boolean): Promise<Fate> {
    const folder = this.spool.of(message.simulation);
    let failure: Away | undefined;
    if (!onlyKeep && (await folder.pending()).length === 0) {
      try {
        return await this.doors.try(message);
      } catch (error) {
        if (!(error instanceof Away)) throw error;
        failure = error;
      }
    }
    let name: string;
    try {
      name = await folder.put(message);
    } catch (error) {
      if (!(error instanceof SpoolError)) throw error;
      return this.insist(message, folder, failure, error);
    }
    return onlyKeep ? 'spooled' : this.settle(folder, name, failure);
  }

  /** Goes on trying for a message that is safe in the spool by now. */
  private async settle(folder: SimulationSpool, name: string, failure: Away | undefined): Promise<Fate> {
    const isOver = async () => !(await folder.has(name));
    const outcome = await flushFolder(folder, this.doors, { patience: this.patience, failure, isOver });
    this.tellRefused(outcome, name);
    const door = outcome.sent.get(name);
    if (door !== undefined) return door;
    const refusal = await folder.takeRefusal(name);
    if (refusal !== undefined) throw refusal;
    if (await isOver()) return 'other';
    const text = `kept in the spool folder, since it can't be sent now: ${outcome.failure}`;
    this.settings.onNotice({ level: 'warning', text });
    return 'spooled';
  }

  /** Goes on trying for a message that can't be kept. */
  private async insist(
    message: Message,
    folder: SimulationSpool,
    failure: Away | undefined,
    error: SpoolError,
  ): Promise<Fate> {
    try {
      if ((await folder.pending()).length > 0) {
        this.tellRefused(await flushFolder(folder, this.doors, { patience: this.patience }));
        if ((await folder.pending()).length > 0) throw new Away("older messages can't be sent now");
      }
      return await this.doors.deliver(message, this.patience, failure);
    } catch (away) {
      if (!(away instanceof Away || away instanceof SpoolError)) throw away;
      throw new NotSent(`${away.message}, and ${error.message}`);
    }
  }

  private async flushAll(): Promise<FlushReport> {
    this.doors.hope();
    let sent = 0;
    const refused: string[] = [];
    for (const folder of await this.spool.waiting()) {
      const outcome = await flushFolder(folder, this.doors, { patience: this.settings.patience });
      this.tellRefused(outcome);
      sent += outcome.sent.size;
      refused.push(...outcome.refused.values());
      // For those of other simulations as well.
      if (this.doors.isAway) break;
    }
    let left = 0;
    for (const folder of await this.spool.waiting()) left += (await folder.pending()).length;
    return { sent, left, refused };
  }

  /** Who waited in vain once does not wait at every call: one try, until something works again. */
  private get patience(): number {
    return this.doors.isAway ? 0 : this.settings.patience;
  }

  /** Of the caller's own message the caller is told by an error. */
  private tellRefused({ refused }: FlushOutcome, own?: string): void {
    for (const [name, why] of refused) {
      if (name === own) continue;
      this.settings.onNotice({ level: 'error', text: `set aside in the spool folder as ${name}${REFUSED}: ${why}` });
    }
  }
}

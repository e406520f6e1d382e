import type { LogicalWrite } from './logical-write.js';

/** What senders saw, beside what was acknowledged. */
export class Sightings {
  private readonly counts = new Map<string, number>();

  private answers: number[] = [];

  /** The milliseconds that an accepted request took. */
  answeredAfter(milliseconds: number): void {
    this.answers.push(milliseconds);
  }

  /** Those times since they were asked for last. */
  takeAnswers(): readonly number[] {
    const { answers } = this;
    this.answers = [];
    return answers;
  }

  /** Something that may happen, or must not: the row decides. */
  note(what: string): void {
    this.counts.set(what, this.of(what) + 1);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  all(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort());
  }
}

/** A worker's way to the service. */
export interface Sender {
  /** Tries again and again, like a worker; resolves with true once it is acknowledged, with false once it is refused or told to give up. */
  send(write: LogicalWrite, giveUp: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** How a message came to its end; `other`: it was kept at first, then sent by another process. */
export type Fate = 'amqp' | 'http' | 'other' | 'spooled';

/** What became of the messages of one call, counted. */
export class Receipt {
  constructor(
    readonly amqp = 0,
    readonly http = 0,
    readonly other = 0,
    readonly spooled = 0,
  ) {}

  /** True where all of it was acknowledged, false where a part waits in the spool folder. */
  get complete(): boolean {
    return this.spooled === 0;
  }

  plus(fate: Fate): Receipt {
    const count = (one: Fate) => this[one] + (one === fate ? 1 : 0);
    return new Receipt(count('amqp'), count('http'), count('other'), count('spooled'));
  }
}

/** What a flush did: messages sent, messages that still wait, and why others were set aside. */
export interface FlushReport {
  readonly sent: number;
  readonly left: number;
  readonly refused: readonly string[];
}

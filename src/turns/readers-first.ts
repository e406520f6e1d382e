/** The longest rest at one step: where reads never cease, a body still comes in, by some 16 MB a second. */
const LONGEST_REST_MS = 4;
/** A read that takes longer is a large one, or its client is slow, and nobody waits for it. */
const SHORT_READ_MS = 10;

/**
 * Lets short reads go before long work of the same process. A read needs several turns of the event loop, and each time a core:
 * where threads work on all of them, taking turns is not enough, so long work rests until the reads that just came are answered.
 */
export class ReadersFirst {
  /** When those came that are being answered, the oldest first. */
  private readonly reads = new Map<object, number>();
  private readonly resting = new Set<() => void>();

  /** @param now in milliseconds */
  constructor(private readonly now = () => performance.now()) {}

  /** A read has come, known by its answer. One whose end is never told, as where the client went away, is forgotten after a while. */
  began(read: object): void {
    this.forgetLong();
    this.reads.set(read, this.now());
  }

  ended(read: object): void {
    if (!this.reads.delete(read) || this.reads.size > 0) return;
    for (const goOn of this.resting) goOn();
  }

  /** Await it between steps of long work. */
  async giveWay(): Promise<void> {
    this.forgetLong();
    if (this.reads.size === 0) return;
    await new Promise<void>((resolve) => {
      const goOn = (): void => {
        clearTimeout(timer);
        this.resting.delete(goOn);
        resolve();
      };
      const timer = setTimeout(goOn, LONGEST_REST_MS);
      this.resting.add(goOn);
    });
  }

  private forgetLong(): void {
    const since = this.now() - SHORT_READ_MS;
    for (const [read, began] of this.reads) {
      if (began >= since) return;
      this.reads.delete(read);
    }
  }
}

/** Of this process. */
export const READERS_FIRST = new ReadersFirst();

import { AppError } from '../errors/app-error.js';

/** Runs a bounded number of works at once and lets a bounded number wait, in order of arrival. */
export class WorkLimit {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly atOnce: number,
    private readonly queueLength: number,
    private readonly busyMessage: string,
  ) {}

  /** Resolves with what `work` does. Throws `unavailable`, to be tried again in a second, where the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.enter();
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  private async enter(): Promise<void> {
    if (this.running < this.atOnce) {
      this.running++;
      return;
    }
    if (this.waiting.length >= this.queueLength) throw new AppError('unavailable', this.busyMessage, 1);
    await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** The place passes straight to the next in line, so a newcomer cannot take it in between. */
  private leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.running--;
    else next();
  }
}

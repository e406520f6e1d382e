import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from './instance.js';

const EVERY_MS = 20;
const ANSWER_MS = 30_000;

/** Asks the health endpoints again and again, each time over a connection of its own. */
export class HealthWatch {
  private readonly stopped = new AbortController();
  private readonly took: number[] = [];
  private failed = 0;
  private readonly watching: Promise<void>;

  private constructor(private readonly instance: Instance) {
    this.watching = this.watch();
  }

  static over(instance: Instance): HealthWatch {
    return new HealthWatch(instance);
  }

  /** The 99th percentile in milliseconds, and how many were not answered. */
  async stop(): Promise<{ readonly p99: number; readonly failed: number }> {
    this.stopped.abort();
    await this.watching;
    const sorted = this.took.sort((a, b) => a - b);
    return { p99: Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? Infinity), failed: this.failed };
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopped;
    for (let turn = 0; !signal.aborted; turn++) {
      const since = performance.now();
      const path = turn % 2 === 0 ? 'live' : 'ready';
      const answered = await fetch(`${this.instance.url}/health/${path}`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(ANSWER_MS),
      }).then(
        // Whether it is ready is for it to say.
        async (answer) => (await answer.text()) !== '',
        () => false,
      );
      if (!answered) this.failed += 1;
      this.took.push(performance.now() - since);
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from './instance.js';

const EVERY_MS = 50;

/** The largest resident set of the instances, in megabytes, sampled while it watches. */
export class MemoryWatch {
  private readonly stopped = new AbortController();
  private largest = 0;
  private readonly watching: Promise<void>;

  private constructor(private readonly instances: readonly Instance[]) {
    this.watching = this.watch();
  }

  static over(instances: readonly Instance[]): MemoryWatch {
    return new MemoryWatch(instances);
  }

  /** Ends the watch; the largest resident set that any instance had. */
  async stop(): Promise<number> {
    this.stopped.abort();
    await this.watching;
    return this.largest;
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      for (const { pid } of this.instances) this.largest = Math.max(this.largest, await residentSetMB(pid));
      await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Of a process, in megabytes; 0 where it is gone. Linux only (`/proc`). */
export async function residentSetMB(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024);
}

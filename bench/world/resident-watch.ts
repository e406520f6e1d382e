import { residentMiB } from './processor-time.js';

const SAMPLE_MS = 20;

/** Samples the resident set of a process while something is done to it. */
export class ResidentWatch {
  private largest: number;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly pid: number,
    /** MiB. */
    private readonly idle = residentMiB(pid),
  ) {
    this.largest = idle;
    this.timer = setInterval(() => this.sample(), SAMPLE_MS).unref();
  }

  /** Ends the watch; MiB by which the largest sample exceeds the idle one. */
  growth(): number {
    clearInterval(this.timer);
    this.sample();
    return this.largest - this.idle;
  }

  private sample(): void {
    try {
      this.largest = Math.max(this.largest, residentMiB(this.pid));
    } catch {
      // The process is gone, which whoever works with it notices.
      clearInterval(this.timer);
    }
  }
}

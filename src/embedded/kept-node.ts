import { setTimeout as delay } from 'node:timers/promises';
import type { RabbitmqNode } from './rabbitmq-node.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A node that ran so long gets the first pause again. */
const SETTLED_AFTER_MS = 60_000;

/** Starts a node again whenever it ends by itself, after pauses that double while none lasts, so that its clients find it again. */
export class KeptNode {
  private readonly ending = new AbortController();
  private readonly over: Promise<void>;
  private pause = FIRST_PAUSE_MS;

  /**
   * @param node runs already
   * @param launch starts it again on the same port; rejects if it does not start or the signal is given
   * @param report is told, in sentences, what happened
   */
  constructor(
    private node: RabbitmqNode,
    private readonly launch: (port: number, signal: AbortSignal) => Promise<RabbitmqNode>,
    private readonly report: (reason: string) => void,
  ) {
    this.over = this.keep();
  }

  /** Ends the node for good. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.node.process.stop();
    await this.over;
  }

  private isStopped(): boolean {
    return this.ending.signal.aborted;
  }

  private async keep(): Promise<void> {
    for (;;) {
      const since = Date.now();
      const { description } = await this.node.process.exited;
      if (this.isStopped()) return;
      if (Date.now() - since > SETTLED_AFTER_MS) this.pause = FIRST_PAUSE_MS;
      this.report(`The private RabbitMQ node ${description}; it is started again.`);
      await this.startAgain();
    }
  }

  /** Tries until it runs or is stopped. */
  private async startAgain(): Promise<void> {
    const { signal } = this.ending;
    for (;;) {
      await delay(this.pause, undefined, { signal }).catch(() => undefined);
      if (this.isStopped()) return;
      this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
      try {
        this.node = await this.launch(this.node.port, signal);
        // Its last step may have come after the signal.
        if (this.isStopped()) await this.node.process.stop();
        return;
      } catch (error) {
        if (!this.isStopped()) this.report(`The private RabbitMQ node is down: ${(error as Error).message}`);
      }
    }
  }
}

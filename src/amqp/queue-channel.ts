import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage, Message } from 'amqplib';
import { within } from './within.js';

/** A queue whose broker was killed just after it was declared never answers. */
const ANSWER_MS = 20_000;
/** At a stop: nothing is on its way any more where nothing came for so long. */
const QUIET_MS = 100;
const LONGEST_QUIET_MS = 2_000;

/**
 * One channel's dealings with one queue: how many deliveries are asked for, and what the broker is told of each.
 *
 * Whatever the broker has on its way to a consumer that is cancelled, it takes back, and delivers it to the next one as
 * redelivered, though nobody ever saw it. So a wider window is one more consumer instead of another one, and a stop waits
 * until nothing is on its way.
 */
export class QueueChannel {
  private readonly logger: Logger;
  private readonly open: { readonly consumerTag: string; readonly size: number }[] = [];
  private unanswered = 0;
  private lastReceived = 0;
  private held: (() => void)[] | undefined;

  /** @param receive gets every delivery, and null where the broker ended a consumer */
  constructor(
    private readonly channel: Channel,
    private readonly queue: string,
    private readonly receive: (message: ConsumeMessage | null) => void,
  ) {
    this.logger = new Logger(`Consumer ${queue}`);
  }

  /** The deliveries that are asked for at once. */
  get size(): number {
    return this.open.reduce((sum, { size }) => sum + size, 0);
  }

  get isHoldingAnswers(): boolean {
    return this.held !== undefined;
  }

  /** Asks for as many as `size` in all. Throws where the broker refuses or does not answer. */
  async widen(size: number): Promise<void> {
    const more = size - this.size;
    await within(ANSWER_MS, this.channel.prefetch(more));
    const { consumerTag } = await within(
      ANSWER_MS,
      this.channel.consume(this.queue, (message) => {
        if (message !== null) this.count();
        this.receive(message);
      }),
    );
    this.open.push({ consumerTag, size: more });
  }

  /** Asks for none any more; what comes until the broker says so is still received. */
  async end(): Promise<void> {
    await Promise.all(this.open.map(({ consumerTag }) => within(ANSWER_MS, this.channel.cancel(consumerTag))));
    this.open.length = 0;
  }

  /** Acknowledges a delivery, or puts it back. */
  answer({ fields }: ConsumeMessage, isDone: boolean): void {
    // Without its content, which may be large.
    const message = { fields } as Message;
    if (this.held === undefined) this.say(message, isDone);
    else this.held.push(() => this.say(message, isDone));
  }

  /** From now on the broker is answered nothing, so that it sends no more than was asked for. */
  holdAnswers(): void {
    this.held ??= [];
    this.lastReceived = performance.now();
  }

  /** Resolves once all that was asked for has come, or nothing comes, or it took too long. Answers must be held. */
  async untilNothingComes(): Promise<void> {
    const since = performance.now();
    for (;;) {
      const now = performance.now();
      if (this.unanswered >= this.size || now - this.lastReceived > QUIET_MS || now - since > LONGEST_QUIET_MS) return;
      await delay(QUIET_MS / 10);
    }
  }

  /** Gives the answers that were held. */
  releaseAnswers(): void {
    const held = this.held ?? [];
    this.held = undefined;
    for (const answer of held) answer();
  }

  private count(): void {
    this.unanswered++;
    this.lastReceived = performance.now();
  }

  private say(message: Message, isDone: boolean): void {
    this.unanswered--;
    try {
      if (isDone) this.channel.ack(message);
      else this.channel.nack(message, false, true);
    } catch (error) {
      // After the channel closed, the broker delivers again what was not settled.
      this.logger.warn(`not settled: ${(error as Error).message}`);
    }
  }
}

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Channel, ConsumeMessage, Message } from 'amqplib';
import { within } from './within.js';

/** A queue whose broker was killed just after it was declared never answers. */
const ANSWER_MS = 20_000;
/** At a stop: nothing is on its way any more where nothing came for so long. */
const QUIET_MS = 300;
const LONGEST_QUIET_MS = 3_000;
const LOOK_MS = 10;

/** One of the broker's consumers. */
interface Consumer {
  readonly consumerTag: string;
  /** The deliveries that it asks for at once. */
  readonly size: number;
}

/**
 * One channel's dealings with one queue: how many deliveries are asked for, and what the broker is told of each.
 *
 * Whatever the broker has on its way to a consumer that is cancelled, it takes back, and delivers it to the next one as
 * redelivered, though nobody ever saw it. So a wider window is one more consumer instead of another one, and at a stop a
 * consumer ends once all that it asked for is here. Nor does the broker always hear of many acknowledgements behind which the
 * channel closes (a quorum queue's client holds back what is beyond 32): so they are given together.
 */
export class QueueChannel {
  private readonly logger: Logger;
  private consumers: readonly Consumer[] = [];
  /** Deliveries that the broker was not answered yet, the first one first: delivery tag → whose it is. */
  private readonly unanswered = new Map<number, Consumer>();
  /** Those of them that are done with. */
  private readonly done = new Set<number>();
  /** Those that are to be put back, while answers are held. */
  private readonly undone = new Set<number>();
  private isHolding = false;
  private toldSoon: NodeJS.Immediate | undefined;
  private lastReceived = 0;

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
    return this.consumers.reduce((sum, { size }) => sum + size, 0);
  }

  get isHoldingAnswers(): boolean {
    return this.isHolding;
  }

  /** Asks for as many as `size` in all. Throws where the broker refuses or does not answer. */
  async widen(size: number): Promise<void> {
    const more = size - this.size;
    await within(ANSWER_MS, this.channel.prefetch(more));
    const consumer = { consumerTag: randomUUID(), size: more };
    const receive = (message: ConsumeMessage | null) => {
      if (message !== null) this.unanswered.set(message.fields.deliveryTag, consumer);
      this.lastReceived = performance.now();
      this.receive(message);
    };
    await within(ANSWER_MS, this.channel.consume(this.queue, receive, { consumerTag: consumer.consumerTag }));
    this.consumers = [...this.consumers, consumer];
  }

  /** Asks for none any more; what comes until the broker says so is still received. */
  async end(): Promise<void> {
    await this.cancel(this.consumers);
  }

  /** Acknowledges a delivery, or puts it back. */
  answer({ fields: { deliveryTag } }: ConsumeMessage, isDone: boolean): void {
    if (isDone) this.done.add(deliveryTag);
    else this.undone.add(deliveryTag);
    if (this.isHolding) return;
    if (isDone) this.toldSoon ??= setImmediate(() => this.tell());
    else this.tell();
  }

  /** From now on the broker is answered nothing, so that it sends no more than was asked for. */
  holdAnswers(): void {
    this.isHolding = true;
    this.lastReceived = performance.now();
  }

  /** Gives the answers that were held, and all that follow. */
  releaseAnswers(): void {
    this.isHolding = false;
    this.tell();
  }

  /**
   * The same with nothing on its way: each consumer ends once all that it asked for has come, or nothing comes, or it took
   * too long. Answers must be held.
   */
  async endInPeace(): Promise<void> {
    const since = performance.now();
    while (this.consumers.length > 0) {
      const now = performance.now();
      const isOver = now - this.lastReceived > QUIET_MS || now - since > LONGEST_QUIET_MS;
      const ready = this.consumers.filter((consumer) => isOver || this.hasAll(consumer));
      if (ready.length > 0) await this.cancel(ready);
      else await delay(LOOK_MS);
    }
  }

  private hasAll(consumer: Consumer): boolean {
    let unanswered = 0;
    for (const one of this.unanswered.values()) if (one === consumer) unanswered++;
    return unanswered >= consumer.size;
  }

  private async cancel(consumers: readonly Consumer[]): Promise<void> {
    await Promise.all(consumers.map(({ consumerTag }) => within(ANSWER_MS, this.channel.cancel(consumerTag))));
    this.consumers = this.consumers.filter((one) => !consumers.includes(one));
  }

  /** One acknowledgement for all up to the first that is not done with, then one each. */
  private tell(): void {
    clearImmediate(this.toldSoon);
    this.toldSoon = undefined;
    for (const tag of this.undone) this.say(tag, () => this.channel.nack(reference(tag), false, true));
    this.undone.clear();
    let last: number | undefined;
    for (const tag of this.unanswered.keys()) {
      if (!this.done.delete(tag)) break;
      this.unanswered.delete(tag);
      last = tag;
    }
    if (last !== undefined) this.say(last, () => this.channel.ack(reference(last), true));
    for (const tag of this.done) this.say(tag, () => this.channel.ack(reference(tag)));
    this.done.clear();
  }

  private say(deliveryTag: number, answer: () => void): void {
    this.unanswered.delete(deliveryTag);
    try {
      answer();
    } catch (error) {
      // After the channel closed, the broker delivers again what was not settled.
      this.logger.warn(`not settled: ${(error as Error).message}`);
    }
  }
}

/** The client library wants the message, of which it reads only this. */
function reference(deliveryTag: number): Message {
  return { fields: { deliveryTag } } as Message;
}

import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { ConfirmedPublisher, Publication } from './confirmed-publisher.js';
import { DeliveryWindow, type WindowLimits } from './domain/delivery-window.js';
import { QueueChannel } from './queue-channel.js';
import { within } from './within.js';

/**
 * The one thing that is done with a delivery: acknowledge it; pass it on to another queue and then acknowledge it; put it
 * back and ask for no more until somebody can be served.
 */
export type Settlement =
  | { readonly does: 'acknowledge' }
  | { readonly does: 'passOn'; readonly publication: Publication }
  | { readonly does: 'putBack' };

export interface QueueConsumerOptions {
  readonly queue: string;
  readonly limits: WindowLimits;
  readonly publisher: ConfirmedPublisher;
  /** Handles a delivery; never throws. */
  readonly take: (message: ConsumeMessage) => Promise<Settlement>;
  /** Whether what `take` needs is there. */
  readonly canServe: () => Promise<boolean>;
  /** Declares the queue, where somebody deleted it. */
  readonly declare: (connection: ChannelModel) => Promise<void>;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;
const CLOSE_MS = 2_000;
/** At a stop the broker hears of everything together, but not later than this. */
const HELD_MS = 1_000;

/**
 * Consumes one queue over a channel of its own: bounds what is in flight, settles every delivery exactly once, pauses while
 * nobody can be served, and comes back when its channel is closed or its queue deleted.
 */
export class QueueConsumer {
  private readonly logger: Logger;
  private readonly window: DeliveryWindow;
  private readonly inFlight = new Set<Promise<void>>();
  private readonly ending = new AbortController();
  private connection: ChannelModel | undefined;
  private channel: Channel | undefined;
  private deliveries: QueueChannel | undefined;
  /** The channel that is being closed because it is good for nothing. */
  private givenUp: Channel | undefined;
  /** Nobody can be served. */
  private paused = true;
  /** More bytes have come than may be in flight. */
  private full = false;
  private adjusting = false;
  private adjustment = Promise.resolve();
  private pauseMs = FIRST_PAUSE_MS;

  constructor(private readonly options: QueueConsumerOptions) {
    this.logger = new Logger(`Consumer ${options.queue}`);
    this.window = new DeliveryWindow(options.limits);
  }

  get state(): 'consuming' | 'paused' | 'closed' {
    if (this.channel === undefined) return 'closed';
    if (this.paused) return 'paused';
    return this.asked > 0 || this.full || this.adjusting ? 'consuming' : 'closed';
  }

  get inFlightBytes(): number {
    return this.window.inFlightBytes;
  }

  /** Takes a fresh connection into use. */
  async open(connection: ChannelModel): Promise<void> {
    let connected = true;
    connection.once('close', () => (connected = false));
    this.connection = connection;
    const channel = await connection.createChannel();
    channel.on('error', (error) => this.logger.warn(`channel closed: ${error.message}`));
    channel.once('close', () => {
      if (this.channel !== channel) return;
      this.channel = undefined;
      this.deliveries = undefined;
      void this.reopen(connection, () => connected);
    });
    this.channel = channel;
    this.deliveries = new QueueChannel(channel, this.options.queue, (message) => this.receive(channel, message));
    this.paused = true;
    void this.waitUntilServed(channel);
  }

  /** Asks for no more, and resolves once everything that came is settled, and the broker knows. */
  async drain(): Promise<void> {
    const { deliveries } = this;
    deliveries?.holdAnswers();
    await this.adjustment;
    await deliveries?.endInPeace().catch(() => undefined);
    this.ending.abort();
    await this.adjust();
    await Promise.race([this.settled(), delay(HELD_MS, undefined, { ref: false })]);
    deliveries?.releaseAnswers();
    await this.settled();
    deliveries?.releaseAnswers();
    // Closing the connection could overtake an acknowledgement on the channel; closing the channel can't.
    if (this.channel !== undefined) await closeChannel(this.channel);
  }

  /** Resolves once nothing is in flight. */
  private async settled(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  /** The broker closed the channel only, or the consumer: the connection is still good. */
  private async reopen(connection: ChannelModel, isConnected: () => boolean): Promise<void> {
    while (this.channel === undefined) {
      await this.pauseFor(FIRST_PAUSE_MS);
      if (!isConnected() || this.ending.signal.aborted) return;
      try {
        await this.options.declare(connection);
        await this.open(connection);
      } catch (error) {
        this.logger.warn(`not consuming: ${(error as Error).message}`);
        await this.pauseFor(LONGEST_PAUSE_MS);
      }
    }
  }

  private async waitUntilServed(channel: Channel): Promise<void> {
    while (this.channel === channel && !this.ending.signal.aborted) {
      if (await this.options.canServe()) {
        this.paused = false;
        await this.adjust();
        return;
      }
      await this.pauseFor(this.pauseMs);
    }
  }

  /** Nobody can be served: waits longer each time, until a delivery succeeds. */
  private pause(channel: Channel): void {
    if (this.paused || this.channel !== channel) return;
    this.paused = true;
    this.logger.warn('paused');
    void (async () => {
      await this.adjust();
      await this.settled();
      await this.pauseFor(this.pauseMs);
      this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
      await this.waitUntilServed(channel);
    })();
  }

  /** Asks for as many as it should. One call at a time works; what changes meanwhile it sees as well. */
  private adjust(): Promise<void> {
    if (!this.adjusting) this.adjustment = this.adjustNow();
    return this.adjustment;
  }

  private async adjustNow(): Promise<void> {
    const { channel, deliveries } = this;
    if (channel === undefined || deliveries === undefined) return;
    this.adjusting = true;
    try {
      while (this.channel === channel && this.wanted !== deliveries.size) {
        if (this.wanted < deliveries.size) {
          await deliveries.end();
        } else {
          this.window.opened();
          await deliveries.widen(this.wanted);
        }
      }
    } catch (error) {
      // The channel is gone or unusable; once it is closed, it is opened again.
      this.logger.warn(`not consuming: ${(error as Error).message}`);
      await this.giveUp(channel);
    } finally {
      this.adjusting = false;
    }
    // A channel that was opened meanwhile found this call at work.
    if (this.channel !== channel) await this.adjust();
  }

  private get asked(): number {
    return this.deliveries?.size ?? 0;
  }

  /** How many deliveries should be asked for. */
  private get wanted(): number {
    if (this.paused || this.full || this.ending.signal.aborted) return 0;
    return this.deliveries?.isHoldingAnswers === true ? this.asked : this.window.size;
  }

  private receive(channel: Channel, message: ConsumeMessage | null): void {
    if (message === null) {
      // The queue was deleted, or its leader moved.
      this.logger.warn('the broker ended the consumer');
      void this.giveUp(channel);
      return;
    }
    const bytes = message.content.length;
    if (!this.window.admits(bytes)) {
      this.full = true;
      void this.adjust();
      this.deliveries?.answer(message, false);
      return;
    }
    const handled = this.handle(channel, message).finally(() => {
      this.inFlight.delete(handled);
      this.window.settled(bytes);
      this.full &&= !this.window.fits();
      void this.adjust();
    });
    this.inFlight.add(handled);
  }

  private async handle(channel: Channel, message: ConsumeMessage): Promise<void> {
    // What was on its way when the pause began would fail as well.
    let settlement: Settlement = this.paused ? { does: 'putBack' } : await this.options.take(message);
    if (settlement.does === 'passOn') {
      try {
        await this.options.publisher.publish(settlement.publication);
      } catch (error) {
        this.logger.warn(`could not pass a message on: ${(error as Error).message}`);
        settlement = { does: 'putBack' };
      }
    }
    this.settle(channel, message, settlement.does !== 'putBack');
  }

  private settle(channel: Channel, message: ConsumeMessage, isDone: boolean): void {
    // After the channel closed, the broker delivers again what was not settled.
    if (this.channel !== channel) return;
    // Where it is to be put back the subscription ends first, or the message would come straight back.
    if (isDone) this.pauseMs = FIRST_PAUSE_MS;
    else this.pause(channel);
    this.deliveries?.answer(message, isDone);
  }

  /** Closes the channel, which is opened again then; a broker that does not even answer that loses the connection. */
  private async giveUp(channel: Channel): Promise<void> {
    if (this.givenUp === channel) return;
    this.givenUp = channel;
    await closeChannel(channel);
    if (this.channel === channel) await this.connection?.close().catch(() => undefined);
  }

  private async pauseFor(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.ending.signal }).catch(() => undefined);
  }
}

async function closeChannel(channel: Channel): Promise<void> {
  await within(CLOSE_MS, channel.close()).catch(() => undefined);
}

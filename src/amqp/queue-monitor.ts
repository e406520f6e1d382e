import type { Channel, ChannelModel } from 'amqplib';
import type { AmqpMetrics } from '../metrics/amqp-metrics.js';

const INTERVAL_MS = 5_000;

/** Asks the broker now and then how much waits in the queues, for the metrics. */
export class QueueMonitor {
  private channel: Channel | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param prefix stands before the queues' names at the broker */
  constructor(
    private readonly queues: readonly string[],
    private readonly prefix: string,
    private readonly metrics: AmqpMetrics,
  ) {}

  /** Takes a fresh connection into use. */
  async use(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    this.stop();
    channel.on('error', () => undefined);
    channel.once('close', () => {
      if (this.channel !== channel) return;
      this.stop();
      // A queue is missing; where the connection is closed too, this fails and the next one is taken into use.
      setTimeout(() => void this.use(connection).catch(() => undefined), INTERVAL_MS).unref();
    });
    this.channel = channel;
    this.timer = setInterval(() => void this.look(channel), INTERVAL_MS).unref();
    await this.look(channel);
  }

  stop(): void {
    this.channel = undefined;
    clearInterval(this.timer);
  }

  private async look(channel: Channel): Promise<void> {
    try {
      for (const queue of this.queues) {
        const { messageCount: messages, consumerCount: consumers } = await channel.checkQueue(this.prefix + queue);
        this.metrics.setQueue(queue, { messages, consumers });
      }
    } catch {
      // The channel is closed, which is taken care of above.
    }
  }
}

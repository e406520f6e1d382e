import { Counter, Gauge, type Registry } from 'prom-client';

/** What is measured of the second door. */
export class AmqpMetrics {
  private readonly deliveries: Counter;
  private readonly redeliveries: Counter;
  private readonly messages: Gauge;
  private readonly consumers: Gauge;
  /** When the message that came last from a queue was published, in epoch milliseconds. */
  private readonly lastPublished = new Map<string, number>();
  private readonly depths = new Map<string, number>();
  private readInFlight: () => Iterable<readonly [queue: string, bytes: number]> = () => [];

  constructor(registry: Registry) {
    const registers = [registry];
    this.deliveries = new Counter({
      name: 'tallyhouse_amqp_deliveries_total',
      help: 'Deliveries settled, by queue, outcome (acknowledged, retried, dead-lettered, put back) and kind of error',
      labelNames: ['queue', 'outcome', 'kind'],
      registers,
    });
    this.redeliveries = new Counter({
      name: 'tallyhouse_amqp_redeliveries_total',
      help: 'Deliveries that the broker had made before',
      labelNames: ['queue'],
      registers,
    });
    this.messages = new Gauge({
      name: 'tallyhouse_amqp_queue_messages',
      help: 'Messages that are ready in a queue',
      labelNames: ['queue'],
      registers,
    });
    this.consumers = new Gauge({
      name: 'tallyhouse_amqp_queue_consumers',
      help: 'Consumers of a queue, of all instances',
      labelNames: ['queue'],
      registers,
    });
    this.registerInFlight(registry);
    this.registerAge(registry);
  }

  countDelivery(queue: string, outcome: string, kind: string): void {
    this.deliveries.inc({ queue, outcome, kind });
  }

  /** @param publishedAt epoch milliseconds, where the message says when */
  observeDelivery(queue: string, redelivered: boolean, publishedAt: number | undefined): void {
    if (redelivered) this.redeliveries.inc({ queue });
    if (publishedAt !== undefined) this.lastPublished.set(queue, publishedAt);
  }

  setQueue(queue: string, { messages, consumers }: { readonly messages: number; readonly consumers: number }): void {
    this.depths.set(queue, messages);
    this.messages.set({ queue }, messages);
    this.consumers.set({ queue }, consumers);
  }

  /** Tells how to learn what is in flight. */
  watchInFlight(read: () => Iterable<readonly [queue: string, bytes: number]>): void {
    this.readInFlight = read;
  }

  private registerInFlight(registry: Registry): void {
    const read = () => this.readInFlight();
    new Gauge({
      name: 'tallyhouse_amqp_in_flight_bytes',
      help: 'Bytes of deliveries that this instance has not settled yet',
      labelNames: ['queue'],
      registers: [registry],
      collect() {
        for (const [queue, bytes] of read()) this.set({ queue }, bytes);
      },
    });
  }

  private registerAge(registry: Registry): void {
    const { lastPublished, depths } = this;
    new Gauge({
      name: 'tallyhouse_amqp_queue_age_seconds',
      help: 'How long ago the message that came last was published, while others wait behind it; 0 for an empty queue',
      labelNames: ['queue'],
      registers: [registry],
      collect() {
        for (const [queue, publishedAt] of lastPublished) {
          const waits = (depths.get(queue) ?? 0) > 0;
          this.set({ queue }, waits ? Math.max(0, (Date.now() - publishedAt) / 1000) : 0);
        }
      },
    });
  }
}

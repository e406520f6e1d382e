import { randomBytes } from 'node:crypto';
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  connect,
  type ConsumeMessage,
  type GetMessage,
  type Options,
} from 'amqplib';
import { TOPOLOGY } from '../../src/amqp/topology.js';
import { CANCELED_QUEUE, DISPATCH_TOPOLOGY, TASK_QUEUE } from '../../src/dispatch/dispatch-topology.js';
import { testBrokerUrl } from './broker.js';

/** A message about a task, as whoever runs simulations gets it. */
export interface Dispatched {
  readonly id: string;
  readonly body: Record<string, unknown>;
}

/** Exchanges and queues of a test's own, told apart by their prefix, and a client that publishes to them. */
export class TestBroker {
  readonly url = testBrokerUrl();

  private constructor(
    readonly prefix: string,
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async open(): Promise<TestBroker> {
    const connection = await connect(testBrokerUrl());
    const channel = await connection.createConfirmChannel();
    // Many publishes at once each listen for their own return.
    channel.setMaxListeners(0);
    return new TestBroker(`t${randomBytes(4).toString('hex')}.`, connection, channel);
  }

  /** What a service needs to know of it. */
  get settings(): { readonly RABBITMQ_URL: string; readonly AMQP_PREFIX: string } {
    return { RABBITMQ_URL: this.url, AMQP_PREFIX: this.prefix };
  }

  /** Publishes as a worker does, with a confirm; throws where no queue takes it. Text and bytes go as they are. */
  async publish(routingKey: string, body: unknown, options: Options.Publish = {}): Promise<void> {
    await this.send(`${this.prefix}ingest`, routingKey, body, options);
  }

  /** Publishes straight to a queue, past the exchange. */
  async publishToQueue(queue: string, body: unknown, options: Options.Publish = {}): Promise<void> {
    await this.send('', this.prefix + queue, body, options);
  }

  /** Messages that are ready in a queue. */
  async depth(queue: string): Promise<number> {
    return (await this.channel.checkQueue(this.prefix + queue)).messageCount;
  }

  /** Takes what waits for runners, in order. */
  async takeTasks(): Promise<Dispatched[]> {
    const taken: Dispatched[] = [];
    for (;;) {
      const message = await this.channel.get(this.prefix + TASK_QUEUE, { noAck: true });
      if (message === false) return taken;
      taken.push(dispatched(message));
    }
  }

  /** The first so many cancellations of all that were published. */
  async readCanceled(count: number): Promise<Dispatched[]> {
    const channel = await this.anotherChannel();
    await channel.prefetch(10);
    const read: Dispatched[] = [];
    const options = { arguments: { 'x-stream-offset': 'first' } };
    await channel.consume(
      this.prefix + CANCELED_QUEUE,
      (message) => {
        if (message === null) return;
        read.push(dispatched(message));
        channel.ack(message);
      },
      options,
    );
    await until(() => read.length >= count);
    await channel.close();
    return read;
  }

  /** A channel of its own, for what may close it. */
  async anotherChannel(): Promise<Channel> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    return channel;
  }

  /** Removes everything that the service declared. */
  async close(): Promise<void> {
    for (const { queues, exchanges } of [TOPOLOGY, DISPATCH_TOPOLOGY]) {
      for (const { name } of queues) await this.channel.deleteQueue(this.prefix + name);
      for (const { name } of exchanges) await this.channel.deleteExchange(this.prefix + name);
    }
    await this.connection.close();
  }

  private async send(exchange: string, routingKey: string, body: unknown, options: Options.Publish): Promise<void> {
    const content = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    const returned: unknown[] = [];
    const onReturn = (message: unknown) => returned.push(message);
    this.channel.on('return', onReturn);
    await new Promise<void>((resolve, reject) => {
      const all = { persistent: true, mandatory: true, contentType: 'application/json', ...options };
      this.channel.publish(exchange, routingKey, content, all, (error: unknown) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    }).finally(() => this.channel.off('return', onReturn));
    if (returned.length > 0) throw new Error(`no queue takes ${routingKey}`);
  }
}

function dispatched({ properties, content }: GetMessage | ConsumeMessage): Dispatched {
  return {
    id: String(properties.messageId),
    body: JSON.parse(content.toString()) as Record<string, unknown>,
  };
}

const POLL_MS = 25;
const EVENTUALLY_MS = 40_000;

/** Tries an expectation until it holds; throws its last error after 40 s. */
export async function eventually<T>(expectation: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + EVENTUALLY_MS;
  for (;;) {
    try {
      return await expectation();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** Waits until something holds; throws after 40 s. */
export async function until(holds: () => boolean): Promise<void> {
  await eventually(() =>
    holds() ? Promise.resolve() : Promise.reject(new Error(`never came true: ${holds.toString()}`)),
  );
}

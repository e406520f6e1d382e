import { randomBytes } from 'node:crypto';
import { type Channel, type ChannelModel, type ConfirmChannel, connect, type Options } from 'amqplib';
import { TOPOLOGY } from '../../src/amqp/topology.js';
import { testBrokerUrl } from './broker.js';

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

  /** A channel of its own, for what may close it. */
  async anotherChannel(): Promise<Channel> {
    const channel = await this.connection.createChannel();
    channel.on('error', () => undefined);
    return channel;
  }

  /** Removes everything that the service declared. */
  async close(): Promise<void> {
    for (const { name } of TOPOLOGY.queues) await this.channel.deleteQueue(this.prefix + name);
    for (const { name } of TOPOLOGY.exchanges) await this.channel.deleteExchange(this.prefix + name);
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

import { type ChannelModel, connect } from 'amqplib';
import { ConfirmedPublisher } from '../amqp/confirmed-publisher.js';
import { INGEST_EXCHANGE, type RoutingKey } from '../amqp/topology.js';
import type { LogfilesBody, ResultsBody, TaskBody, WorkerPort } from './worker-port.js';

/** Where workers publish. */
export interface AmqpAddress {
  readonly url: string;
  /** Before the name of the exchange. */
  readonly prefix: string;
}

const CONNECT_MS = 5_000;

/** Publishes a worker's bodies to RabbitMQ, each confirmed; what can't be published goes by another way. */
export class AmqpWorkerPort implements WorkerPort {
  private constructor(
    private readonly connection: ChannelModel,
    private readonly publisher: ConfirmedPublisher,
    private readonly exchange: string,
    private readonly fallback: WorkerPort,
    private readonly onFallback: (reason: string) => void,
  ) {}

  /** Connects. Throws where no broker answers, or where it refuses the login. */
  static async open(
    { url, prefix }: AmqpAddress,
    fallback: WorkerPort,
    onFallback: (reason: string) => void,
  ): Promise<AmqpWorkerPort> {
    const connection = await connect(url, {
      timeout: CONNECT_MS,
      clientProperties: { connection_name: 'demo worker' },
    });
    // A broken connection shows when something is published.
    connection.on('error', () => undefined);
    const publisher = new ConfirmedPublisher();
    await publisher.use(connection);
    return new AmqpWorkerPort(connection, publisher, prefix + INGEST_EXCHANGE, fallback, onFallback);
  }

  async results(body: ResultsBody): Promise<void> {
    await this.send('results.save', body, () => this.fallback.results(body));
  }

  async logfiles(body: LogfilesBody): Promise<void> {
    await this.send('logfiles.save', body, () => this.fallback.logfiles(body));
  }

  async task(body: TaskBody): Promise<void> {
    await this.send('tasks.update', body, () => this.fallback.task(body));
  }

  async close(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }

  private async send(routingKey: RoutingKey, body: object, otherwise: () => Promise<void>): Promise<void> {
    try {
      const timestamp = Math.trunc(Date.now() / 1000);
      await this.publisher.publish({
        exchange: this.exchange,
        routingKey,
        content: Buffer.from(JSON.stringify(body)),
        options: { contentType: 'application/json', timestamp },
        headers: {},
      });
    } catch (error) {
      this.onFallback((error as Error).message);
      await otherwise();
    }
  }
}

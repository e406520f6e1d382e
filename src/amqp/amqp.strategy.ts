import { Inject, Injectable, Logger } from '@nestjs/common';
import { BaseRpcContext, type CustomTransportStrategy, Server } from '@nestjs/microservices';
import type { ChannelModel, ConsumeMessage } from 'amqplib';
import { isObservable, lastValueFrom } from 'rxjs';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError, invalid } from '../errors/app-error.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Database } from '../prisma/database.js';
import { MigrationsService } from '../prisma/migrations.service.js';
import { BrokerConnection } from './broker-connection.js';
import { ConfirmedPublisher } from './confirmed-publisher.js';
import { DEAD_LETTER, readDeadLetter } from './dead-letter.js';
import type { WindowLimits } from './domain/delivery-window.js';
import { type BodyProperties, bodyProperties, messageBody, publishedAt } from './message-body.js';
import { QueueConsumer, type Settlement } from './queue-consumer.js';
import { QueueMonitor } from './queue-monitor.js';
import { settleFailure } from './settle-failure.js';
import { DEAD_LETTERS, declareTopology, INGEST_QUEUES, ROUTES, TopologyError } from './topology.js';

const MiB = 1024 * 1024;

/** What each queue's consumer holds at most. Results are large; task updates are small, and written together. */
const LIMITS: Readonly<Record<string, WindowLimits>> = {
  'ingest.results': { messages: 4, bytes: 48 * MiB },
  'ingest.logfiles': { messages: 8, bytes: 24 * MiB },
  'ingest.tasks': { messages: 512, bytes: 24 * MiB },
  [DEAD_LETTERS]: { messages: 4, bytes: 24 * MiB },
};

/** Where the second door stands. */
export type ConsumersState = 'off' | 'up' | 'paused' | 'down';

/**
 * The transport of the second door: connects to RabbitMQ, declares the topology, hands each message to the
 * `@EventPattern` of its routing key, and settles it by the outcome. Publishing has a connection of its own.
 */
@Injectable()
export class AmqpStrategy extends Server implements CustomTransportStrategy {
  protected override readonly logger = new Logger(AmqpStrategy.name);
  private readonly publisher = new ConfirmedPublisher();
  private readonly consumers: readonly QueueConsumer[];
  private readonly monitor: QueueMonitor;
  private readonly deletedSimulations = new Set<string | number>();
  private connections: readonly BrokerConnection[] = [];

  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly database: Database,
    private readonly migrations: MigrationsService,
    private readonly metrics: MetricsService,
  ) {
    super();
    const queues = [...INGEST_QUEUES, DEAD_LETTERS];
    this.consumers = queues.map((queue) => this.consumerOf(queue));
    const inFlight = () => this.consumers.map((one, index) => [queues[index] as string, one.inFlightBytes] as const);
    if (this.isWanted) metrics.amqp.watchInFlight(inFlight);
    this.monitor = new QueueMonitor(queues, config.amqpPrefix, metrics.amqp);
  }

  /** Whether messages are being taken in: `paused` while the database is away, `down` while the broker is. */
  get state(): ConsumersState {
    if (!this.isWanted) return 'off';
    const states = this.consumers.map(({ state }) => state);
    const isConnected = this.publisher.isOpen && this.connections.every(({ isOpen }) => isOpen);
    if (!isConnected || states.includes('closed')) return 'down';
    return states.includes('paused') ? 'paused' : 'up';
  }

  /**
   * Starts consuming; a broker that is away is waited for behind the scenes. Calls back with a TopologyError where the
   * names are taken at the broker.
   */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    if (!this.isWanted) {
      callback();
      return;
    }
    const url = this.config.rabbitmqUrl as string;
    const publishing = new BrokerConnection({
      url,
      name: 'tallyhouse publishing',
      onOpen: (connection) => this.publisher.use(connection),
    });
    const consuming = new BrokerConnection({
      url,
      name: 'tallyhouse consuming',
      onOpen: (connection) => this.openConsumers(connection),
    });
    this.connections = [consuming, publishing];
    const errors = await Promise.all(this.connections.map((connection) => connection.start()));
    const misdeclared = errors.find((error) => error instanceof TopologyError);
    if (misdeclared !== undefined) await this.close();
    callback(misdeclared);
  }

  /** Asks for no more messages, settles what is in flight, and disconnects. */
  async close(): Promise<void> {
    await Promise.all(this.consumers.map((consumer) => consumer.drain()));
    this.monitor.stop();
    await Promise.all(this.connections.map((connection) => connection.stop()));
    this.connections = [];
  }

  /**
   * Hands a worker's message to its consumer; resolves once it is committed. Throws what the service throws, and `invalid`
   * for an unknown routing key.
   */
  async handle(routingKey: string, content: Buffer, properties: BodyProperties): Promise<void> {
    if (!Object.hasOwn(ROUTES, routingKey)) {
      throw invalid('routing key', `${JSON.stringify(routingKey)} is none of ${Object.keys(ROUTES).join(', ')}`);
    }
    await this.dispatch(routingKey, messageBody(content, properties, this.config.maxMessageBytes));
  }

  override on(): never {
    throw new Error('There are no events to listen to.');
  }

  override unwrap(): never {
    throw new Error('There is no single client behind this transport.');
  }

  private get isWanted(): boolean {
    return this.config.rabbitmqUrl !== undefined && this.config.role !== 'api';
  }

  private async dispatch(pattern: string, data: unknown): Promise<void> {
    // By name, since Nest's own look-up tries to parse it as JSON first.
    const handler = this.messageHandlers.get(pattern);
    if (handler === undefined) throw new Error(`nobody consumes ${pattern}`);
    const answer: unknown = await handler(data, new BaseRpcContext([]));
    // An error comes as an observable.
    if (isObservable(answer)) await lastValueFrom(answer, { defaultValue: undefined });
  }

  private async openConsumers(connection: ChannelModel): Promise<void> {
    await this.declare(connection);
    for (const consumer of this.consumers) await consumer.open(connection);
    await this.monitor.use(connection);
  }

  private async declare(connection: ChannelModel): Promise<void> {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    await declareTopology(channel, this.config.amqpPrefix);
    await channel.close();
  }

  private consumerOf(queue: string): QueueConsumer {
    return new QueueConsumer({
      queue: this.config.amqpPrefix + queue,
      limits: LIMITS[queue] as WindowLimits,
      publisher: this.publisher,
      take: queue === DEAD_LETTERS ? (message) => this.takeDeadLetter(message) : (message) => this.take(queue, message),
      canServe: async () => this.migrations.done && (await this.database.answers()),
      declare: (connection) => this.declare(connection),
    });
  }

  private async take(queue: string, message: ConsumeMessage): Promise<Settlement> {
    this.metrics.amqp.observeDelivery(queue, message.fields.redelivered, publishedAt(message));
    try {
      await this.handle(message.fields.routingKey, message.content, bodyProperties(message.properties));
      this.metrics.amqp.countDelivery(queue, 'acknowledged', '');
      return { does: 'acknowledge' };
    } catch (error) {
      return this.settleFailure(queue, message, error);
    }
  }

  private settleFailure(queue: string, message: ConsumeMessage, error: unknown): Settlement {
    const { amqpPrefix: prefix, unknownSimulationSeconds } = this.config;
    const failure = settleFailure(message, error, { prefix, unknownSimulationSeconds, now: Date.now() });
    const { reason, outcome, settlement } = failure;
    this.metrics.amqp.countDelivery(queue, outcome, reason);
    if (reason === 'unexpected') this.logger.error({ err: error, queue }, 'unexpected error');
    if (reason === 'deletedSimulation') this.noteDeleted(error);
    return settlement;
  }

  /** A dead letter is never given up: whatever is wrong, it stays in its queue until it is in the table. */
  private async takeDeadLetter(message: ConsumeMessage): Promise<Settlement> {
    try {
      await this.dispatch(DEAD_LETTER, readDeadLetter(message, Date.now()));
      return { does: 'acknowledge' };
    } catch (error) {
      this.logger.error({ err: error }, 'a dead letter could not be stored yet');
      return { does: 'putBack' };
    }
  }

  /** One line a simulation, however many of its workers go on. */
  private noteDeleted(error: unknown): void {
    const simulation = (error instanceof AppError ? error.simulation : undefined) ?? 'unknown';
    if (this.deletedSimulations.has(simulation)) return;
    if (this.deletedSimulations.size >= MAX_DELETED_NOTED) this.deletedSimulations.clear();
    this.deletedSimulations.add(simulation);
    this.logger.log({ simulation }, 'messages of a deleted simulation are dropped');
  }
}

const MAX_DELETED_NOTED = 10_000;

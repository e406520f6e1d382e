import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { ChannelModel } from 'amqplib';
import { BrokerConnection } from '../amqp/broker-connection.js';
import { ConfirmedPublisher } from '../amqp/confirmed-publisher.js';
import { QueueMonitor } from '../amqp/queue-monitor.js';
import { declareTopology } from '../amqp/topology.js';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { isDatabaseAway } from '../errors/database-error.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Database } from '../prisma/database.js';
import { MigrationsService } from '../prisma/migrations.service.js';
import { DISPATCH_TOPOLOGY, TASK_QUEUE } from './dispatch-topology.js';
import { DispatchService } from './dispatch.service.js';
import { publishStep } from './publish-step.js';
import { InputReader } from './read-input.js';

/** Other instances may have submitted something. */
const LOOK_EVERY_MS = 1_000;
/** After something went wrong with one row, the others come first for so long. */
const POSTPONED_MS = 5_000;
/** What is in flight at a stop is confirmed by then, or published once more by the next relay. */
const STOP_MS = 2_000;

/**
 * Publishes what stands in the outbox, for as long as the process runs and wherever messages are consumed. Database or
 * broker away: it waits. Any number of instances share the work.
 */
@Injectable()
export class TaskRelay implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(TaskRelay.name);
  private readonly publisher = new ConfirmedPublisher();
  private readonly inputs = new InputReader();
  private readonly monitor: QueueMonitor;
  /** Rows → when they are tried again, in milliseconds of the process. */
  private readonly postponed = new Map<string, number>();
  private connection: BrokerConnection | undefined;
  /** Declares queues and exchange over the present connection. */
  private declare: () => Promise<void> = () => Promise.resolve();
  private declareAt: number | undefined;
  private running: Promise<void> = Promise.resolve();
  private isEnding = false;

  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly database: Database,
    private readonly migrations: MigrationsService,
    private readonly metrics: MetricsService,
    private readonly dispatch: DispatchService,
  ) {
    this.monitor = new QueueMonitor([TASK_QUEUE], config.amqpPrefix, metrics.amqp);
  }

  onApplicationBootstrap(): void {
    const { rabbitmqUrl: url, role } = this.config;
    if (url === undefined || role === 'api') return;
    this.metrics.gauge('tallyhouse_dispatch_backlog', 'Task messages that are still to be published', () =>
      this.backlog(),
    );
    this.connection = new BrokerConnection({
      url,
      name: 'tallyhouse dispatching',
      onOpen: (connection) => this.open(connection),
    });
    void this.connection.start();
    this.running = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.isEnding = true;
    this.dispatch.signal.wake();
    await Promise.race([this.running, delay(STOP_MS, undefined, { ref: false })]);
    this.monitor.stop();
    await this.connection?.stop();
    await this.running;
  }

  private async open(connection: ChannelModel): Promise<void> {
    this.declare = async () => {
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      await declareTopology(channel, this.config.amqpPrefix, DISPATCH_TOPOLOGY);
      await channel.close();
    };
    await this.declare();
    await this.publisher.use(connection);
    await this.monitor.use(connection);
    this.dispatch.signal.wake();
  }

  private async run(): Promise<void> {
    while (!this.isEnding) {
      const hasMore = await this.step();
      if (hasMore) continue;
      this.inputs.forget();
      await this.dispatch.signal.wait(LOOK_EVERY_MS);
    }
  }

  /** True where the next step may follow at once. */
  private async step(): Promise<boolean> {
    if (!this.migrations.done || !this.publisher.takesMessages) return false;
    await this.declareAnew();
    const { publisher, inputs } = this;
    const tools = { publisher, inputs, prefix: this.config.amqpPrefix, postponed: this.stillPostponed() };
    try {
      const step = await this.database.transaction((tx) => publishStep(tx, tools));
      if (step === undefined) return false;
      this.metrics.countDispatched(step.event, step.confirmed);
      if (step.failure === undefined) return true;
      this.logger.warn(`${step.event} tasks are not published yet: ${step.failure.message}`);
      this.postponed.set(step.id, performance.now() + POSTPONED_MS);
      this.declareAt ??= performance.now() + POSTPONED_MS;
    } catch (error) {
      if (!isDatabaseAway(error)) this.logger.error({ err: error }, 'handing out tasks failed');
    }
    return false;
  }

  /**
   * Somebody may have deleted the queue. Not at once: where a queue comes back while RabbitMQ 3.10 is still deleting it, those who
   * consume from it are not told, and what is delivered to them gets lost.
   */
  private async declareAnew(): Promise<void> {
    if (this.declareAt === undefined || performance.now() < this.declareAt) return;
    this.declareAt = undefined;
    await this.declare().catch(() => undefined);
  }

  private stillPostponed(): string[] {
    for (const [id, until] of this.postponed) if (until < performance.now()) this.postponed.delete(id);
    return [...this.postponed.keys()];
  }

  private async backlog(): Promise<number> {
    const { rows } = await this.database.query<{ messages: number }>(
      `SELECT coalesce(sum(CASE q.event WHEN 'canceled' THEN 1 ELSE s.ntasks - q.published END), 0)::int AS messages
         FROM task_request q LEFT JOIN simulation s ON s.id = q.simulation_id`,
    );
    return rows[0]?.messages ?? 0;
  }
}

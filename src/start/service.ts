import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AmqpStrategy } from '../amqp/amqp.strategy.js';
import { TopologyError } from '../amqp/topology.js';
import { AdminBootstrap } from '../auth/admin-bootstrap.js';
import type { Config } from '../config/config.js';
import { createApp } from '../create-app.js';
import { DemoSeedService } from '../demo/demo-seed.service.js';
import { StartError } from '../embedded/start-error.js';
import { AppError } from '../errors/app-error.js';
import { HealthService } from '../health/health.service.js';
import { MigrationError } from '../prisma/migrations.js';
import { MigrationsService } from '../prisma/migrations.service.js';
import { banner, writeDemoLogin } from './banner.js';
import { HttpDoor } from './http-door.js';
import { type Settled, settleConfig } from './settle-config.js';

/** The whole service as one process runs it: what it starts it also stops. */
export class Service {
  private readonly logger = new Logger(Service.name);
  private readonly ending = new AbortController();
  private settled: Settled | undefined;
  private app: NestFastifyApplication | undefined;
  private door: HttpDoor | undefined;

  /** Starts everything; resolves with the banner once requests are answered. Throws StartError. */
  async start(config: Config): Promise<string> {
    this.settled = await settleConfig(config, {
      onDatabaseExit: (reason) => this.databaseEnded(reason),
      onBrokerExit: (reason) => this.logger.error(reason),
    });
    this.ending.signal.throwIfAborted();
    this.app = await createApp(this.settled.config);
    if (this.settled.httpOnly !== undefined) this.logger.warn(`ingestion is HTTP only: ${this.settled.httpOnly}`);
    this.door = new HttpDoor(this.app);
    const url = await this.door.listen(this.settled.config);
    await this.consume(this.app);
    await this.prepareDatabase(this.app);
    await this.seedDemo(this.app, url);
    return banner(url, this.settled);
  }

  /**
   * Tells that no more should come, settles the messages in flight and answers the requests in flight, then stops all that
   * was started.
   */
  async stop(): Promise<void> {
    this.ending.abort(new StartError('Stopped while starting.'));
    this.app?.get(HealthService).stop();
    await this.app?.get(AmqpStrategy).close();
    await this.door?.close();
    await Promise.all([this.settled?.postgres?.stop(), this.settled?.rabbitmq?.stop()]);
  }

  private async consume(app: NestFastifyApplication): Promise<void> {
    try {
      await app.startAllMicroservices();
    } catch (error) {
      throw error instanceof TopologyError ? new StartError(error.message) : error;
    }
  }

  private async prepareDatabase(app: NestFastifyApplication): Promise<void> {
    try {
      await app.get(MigrationsService).run(this.ending.signal);
      await app.get(AdminBootstrap).run();
    } catch (error) {
      throw asStartError(error);
    }
  }

  private async seedDemo(app: NestFastifyApplication, url: string): Promise<void> {
    const password = this.settled?.demoPassword;
    if (password === undefined || this.settled === undefined) return;
    await app.get(DemoSeedService).run(password);
    await writeDemoLogin(url, this.settled.config, password);
  }

  private databaseEnded(reason: string): void {
    if (this.ending.signal.aborted) return;
    process.stderr.write(`The embedded PostgreSQL ended: ${reason}\n`);
    process.exitCode = 1;
    void this.stop().finally(() => process.exit(1));
  }
}

function asStartError(error: unknown): unknown {
  if (error instanceof MigrationError) return new StartError(`The database can't be used: ${error.message}.`);
  if (error instanceof AppError)
    return new StartError(`ADMIN_USERNAME or ADMIN_PASSWORD can't be used: ${error.message}.`);
  const { code, message } = error as NodeJS.ErrnoException;
  const sqlState = typeof code === 'string' && /^(28|3D)/.test(code);
  return sqlState ? new StartError(`DATABASE_URL can't be used: ${message}.`) : error;
}

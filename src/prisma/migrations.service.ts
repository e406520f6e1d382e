import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { isDatabaseAway } from '../errors/database-error.js';
import { migrate } from './migrations.js';

const RETRY_MS = 1_000;

/** Brings the database up to date at start, and knows whether that has been done. */
@Injectable()
export class MigrationsService {
  private readonly logger = new Logger(MigrationsService.name);
  private applied = false;

  constructor(@Inject(CONFIG) private readonly config: ServiceConfig) {}

  /** True once the database is known to have every migration. */
  get done(): boolean {
    return this.applied;
  }

  /** Applies what is missing; waits for a database that is away, for as long as it takes or until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!this.applied) {
      signal.throwIfAborted();
      try {
        for (const name of await migrate(this.config.databaseUrl)) this.logger.log({ name }, 'migration applied');
        this.applied = true;
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        this.logger.warn(`waiting for the database: ${(error as Error).message || 'no connection'}`);
        await delay(RETRY_MS, undefined, { signal });
      }
    }
  }
}

import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { databaseAway } from '../errors/database-error.js';
import { requestOf } from '../http/http-context.js';
import { MigrationsService } from '../prisma/migrations.service.js';
import { HealthService } from './health.service.js';

/** Longer than the address is kept. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Health and metrics are always served; everything else is not where an instance only consumes, and is told to come again
 * until the database is up to date and in the last moments before the address is given up.
 */
@Injectable()
export class ReadyGuard implements CanActivate {
  private readonly isApi: boolean;

  constructor(
    @Inject(CONFIG) { role }: ServiceConfig,
    private readonly migrations: MigrationsService,
    private readonly health: HealthService,
  ) {
    this.isApi = role !== 'consumer';
  }

  canActivate(context: ExecutionContext): boolean {
    const { isRefusing } = this.health;
    if (this.isApi && this.migrations.done && !isRefusing) return true;
    const { method, url } = requestOf(context);
    if (/^\/(health|metrics)\b/.test(url)) return true;
    if (!this.isApi) throw new AppError('notFound', `${method} ${url.split('?', 1)[0] ?? ''}: no such endpoint`);
    if (isRefusing)
      throw new AppError('unavailable', 'The service is stopping, try again shortly', RETRY_AFTER_SECONDS);
    throw databaseAway();
  }
}

import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { databaseAway } from '../errors/database-error.js';
import { MigrationsService } from '../prisma/migrations.service.js';
import { HealthService } from './health.service.js';

/** An instance that only consumes serves health and metrics, and nothing else. */
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(@Inject(CONFIG) private readonly config: ServiceConfig) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.config.role !== 'consumer' || isOperation(context)) return true;
    const { method, url } = requestOf(context);
    throw new AppError('notFound', `${method} ${url.split('?', 1)[0] ?? ''}: no such endpoint`);
  }
}

/** Longer than the address is kept. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Until the database is up to date, and in the last moments before the address is given up, only health and metrics are
 * served; everything else is told to come again.
 */
@Injectable()
export class ReadyGuard implements CanActivate {
  constructor(
    private readonly migrations: MigrationsService,
    private readonly health: HealthService,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const { isRefusing } = this.health;
    if ((this.migrations.done && !isRefusing) || isOperation(context)) return true;
    if (isRefusing)
      throw new AppError('unavailable', 'The service is stopping, try again shortly', RETRY_AFTER_SECONDS);
    throw databaseAway();
  }
}

function isOperation(context: ExecutionContext): boolean {
  return /^\/(health|metrics)\b/.test(requestOf(context).url);
}

function requestOf(context: ExecutionContext): FastifyRequest {
  return context.switchToHttp().getRequest<FastifyRequest>();
}

import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { databaseAway } from '../errors/database-error.js';
import { MigrationsService } from '../prisma/migrations.service.js';

/** Until the database is up to date, only health and metrics are served; everything else is told to come again. */
@Injectable()
export class ReadyGuard implements CanActivate {
  constructor(private readonly migrations: MigrationsService) {}

  canActivate(context: ExecutionContext): boolean {
    const { url } = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.migrations.done || /^\/(health|metrics)\b/.test(url)) return true;
    throw databaseAway();
  }
}

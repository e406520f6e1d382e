import { Injectable } from '@nestjs/common';
import { Database } from '../prisma/database.js';
import { MigrationsService } from '../prisma/migrations.service.js';

/** Whether the service can do its work, part by part. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: { readonly database: 'up' | 'down'; readonly migrations: 'applied' | 'pending' };
}

/** Owns the question whether traffic may come. */
@Injectable()
export class HealthService {
  private stopping = false;

  constructor(
    private readonly database: Database,
    private readonly migrations: MigrationsService,
  ) {}

  /** From now on traffic should go elsewhere. */
  stop(): void {
    this.stopping = true;
  }

  async readiness(): Promise<Readiness> {
    const up = await this.database.answers();
    const { done } = this.migrations;
    return {
      ready: up && done && !this.stopping,
      checks: { database: up ? 'up' : 'down', migrations: done ? 'applied' : 'pending' },
    };
  }
}

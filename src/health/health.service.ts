import { Injectable } from '@nestjs/common';
import { AmqpStrategy } from '../amqp/amqp.strategy.js';
import { Database } from '../prisma/database.js';
import { MigrationsService } from '../prisma/migrations.service.js';

/** Whether the service can do its work, part by part. */
export interface Readiness {
  readonly ready: boolean;
  readonly checks: {
    readonly database: 'up' | 'down';
    readonly migrations: 'applied' | 'pending';
    /** Only where this instance consumes. `paused`: the broker is there, the database is not. */
    readonly consumers?: 'up' | 'paused' | 'down';
  };
}

/** Owns the question whether traffic may come. */
@Injectable()
export class HealthService {
  private stopping = false;
  private refusing = false;

  constructor(
    private readonly database: Database,
    private readonly migrations: MigrationsService,
    private readonly amqp: AmqpStrategy,
  ) {}

  /** From now on traffic should go elsewhere. */
  stop(): void {
    this.stopping = true;
  }

  /** From now on whoever comes all the same is told to come again later. */
  refuse(): void {
    this.refusing = true;
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  get isRefusing(): boolean {
    return this.refusing;
  }

  async readiness(): Promise<Readiness> {
    const up = await this.database.answers();
    const { done } = this.migrations;
    const { state: consumers } = this.amqp;
    return {
      ready: up && done && (consumers === 'up' || consumers === 'off') && !this.stopping,
      checks: {
        database: up ? 'up' : 'down',
        migrations: done ? 'applied' : 'pending',
        ...(consumers === 'off' ? {} : { consumers }),
      },
    };
  }
}

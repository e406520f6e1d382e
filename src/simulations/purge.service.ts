import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../prisma/database.js';
import { isDatabaseAway } from '../errors/database-error.js';
import { MigrationsService } from '../prisma/migrations.service.js';

/** A replaced payload stays for so long, for responses that are still reading it. */
const SUPERSEDED_FOR = '10 minutes';
const INTERVAL_MS = 60_000;
/** Rows of one DELETE: short transactions, so that nobody waits for them. */
const SLICE_ROWS = 500;

/** What a deleted simulation leaves behind, largest first; its DeletedJob row stays. */
const TABLES = [
  'payload_block',
  'page',
  'estimator',
  'log_file',
  'task',
  'superseded_payload',
  'result_summary',
  'task_summary',
  'log_summary',
];

/** Owns the removal of what nobody can see any more: deleted simulations and replaced payloads, slice by slice. */
@Injectable()
export class PurgeService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(PurgeService.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private ending = false;

  constructor(
    private readonly database: Database,
    private readonly migrations: MigrationsService,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running = this.sweep();
    }, INTERVAL_MS);
    this.timer.unref();
  }

  async onModuleDestroy(): Promise<void> {
    this.ending = true;
    clearInterval(this.timer);
    await this.running;
  }

  /** Removes all rows of a deleted simulation. */
  async purgeDeleted(simulationId: number): Promise<void> {
    for (const table of TABLES) {
      let deleted = SLICE_ROWS;
      while (deleted === SLICE_ROWS && !this.ending) {
        const slice = `SELECT ctid FROM ${table} WHERE simulation_id = $1 LIMIT ${SLICE_ROWS}`;
        const { rowCount } = await this.database.query(`DELETE FROM ${table} WHERE ctid = ANY(ARRAY(${slice}))`, [
          simulationId,
        ]);
        deleted = rowCount ?? 0;
      }
    }
    if (this.ending) return;
    await this.database.query('UPDATE deleted_job SET purged_at = now() WHERE simulation_id = $1', [simulationId]);
  }

  /** Finishes what was interrupted, and removes payloads that were replaced long enough ago. */
  async sweep(): Promise<void> {
    if (!this.migrations.done) return;
    try {
      const { rows } = await this.database.query<{ simulation_id: number }>(
        "SELECT simulation_id FROM deleted_job WHERE purged_at IS NULL AND deleted_at < now() - interval '1 minute'",
      );
      for (const row of rows) await this.purgeDeleted(row.simulation_id);
      while (!this.ending && (await this.purgeSuperseded()) === SLICE_ROWS);
    } catch (error) {
      if (!isDatabaseAway(error)) this.logger.error({ err: error }, 'purging failed');
    }
  }

  private async purgeSuperseded(): Promise<number> {
    const { rowCount } = await this.database.query(
      `WITH due AS (
         DELETE FROM superseded_payload WHERE payload_id IN (
           SELECT payload_id FROM superseded_payload WHERE superseded_at < now() - interval '${SUPERSEDED_FOR}'
            ORDER BY superseded_at LIMIT ${SLICE_ROWS} FOR UPDATE SKIP LOCKED)
         RETURNING simulation_id, payload_id
       ), blocks AS (
         DELETE FROM payload_block b USING due d WHERE b.simulation_id = d.simulation_id AND b.payload_id = d.payload_id
       )
       SELECT 1 FROM due`,
    );
    return rowCount ?? 0;
  }
}

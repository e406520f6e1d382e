import pg from 'pg';
import { sql } from '../support/admin.js';
import type { FaultScene } from './fault-scene.js';
import type { SmallDisk } from './small-disk.js';

const MOST_LOG_FILES = 20;

/** A disk of PostgreSQL's that is full for a while. */
export interface FullDisk {
  /** For the figures: what was done here. */
  readonly means: string;
  /** There is no room for more data. */
  fill(): Promise<void>;
  /** Nor is there for the next file of the write-ahead log, over which PostgreSQL ends. */
  useUpLog(): Promise<void>;
  /** There is room again, and PostgreSQL runs; resolves with whether it had to be started. */
  free(): Promise<boolean>;
}

/** Really full. */
export class FilledDisk implements FullDisk {
  constructor(
    private readonly scene: FaultScene,
    private readonly disk: SmallDisk,
  ) {}

  get means(): string {
    return this.disk.isMounted ? 'times a tmpfs was filled' : 'times a small file system was filled';
  }

  async fill(): Promise<void> {
    this.scene.longest('ballast MB', await this.disk.fill());
  }

  /** Goes on to the next file of the log until there is none that could be used again. */
  async useUpLog(): Promise<void> {
    const client = new pg.Client({ connectionString: this.scene.databaseUrl });
    client.on('error', () => undefined);
    const next = `SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000)), pg_switch_wal()`;
    try {
      await client.connect();
      for (let file = 0; file < MOST_LOG_FILES; file++) await client.query(next);
    } catch {
      // That is the end of it.
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async free(): Promise<boolean> {
    await this.disk.free();
    const hasEnded = await this.disk.hasEnded();
    if (hasEnded) await this.scene.world.startPostgres();
    return hasEnded;
  }
}

/** For machines that let nobody have a small disk: PostgreSQL says what it says on a full one, and is ended as it ends there. */
export class StatedFullDisk implements FullDisk {
  readonly means = 'times PostgreSQL was made to say that its disk is full';
  private hasEnded = false;

  constructor(private readonly scene: FaultScene) {}

  async fill(): Promise<void> {
    await this.eachTable('CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON %I EXECUTE FUNCTION no_space()', NO_SPACE);
  }

  async useUpLog(): Promise<void> {
    await this.scene.world.stopPostgresNow();
    this.hasEnded = true;
  }

  async free(): Promise<boolean> {
    const { hasEnded } = this;
    if (hasEnded) await this.scene.world.startPostgres();
    this.hasEnded = false;
    await this.eachTable('DROP TRIGGER no_space ON %I');
    return hasEnded;
  }

  private async eachTable(statement: string, before = ''): Promise<void> {
    const tables = `SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`;
    const loop = `FOR name IN ${tables} LOOP EXECUTE format('${statement}', name); END LOOP;`;
    await sql(this.scene.databaseUrl, `${before} DO $$ DECLARE name text; BEGIN ${loop} END $$`);
  }
}

/** SQLSTATE 53100, disk_full. */
const NO_SPACE = `
  CREATE OR REPLACE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $f$
  BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
  END $f$;`;

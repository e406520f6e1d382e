import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** A migration as Prisma lays it out: `prisma/migrations/<name>/migration.sql`. */
export interface Migration {
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, as Prisma records it. */
  readonly checksum: string;
}

/** The migrations and the database don't agree; the message says how. */
export class MigrationError extends Error {}

const FOLDER = new URL('../../prisma/migrations/', import.meta.url);
/** The key of the advisory lock that `prisma migrate deploy` takes too. */
const LOCK_KEY = 72_707_369;

/** Prisma's own table, made as Prisma makes it. */
const CREATE_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

/**
 * Applies the migrations that the database lacks, each in a transaction of its own with its record, under an advisory
 * lock, so that any number of instances may start at once. Throws MigrationError where an applied one was changed
 * afterwards or left half-done.
 *
 * @returns the names of those that were applied now
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'tallyhouse-migrate',
    connectionTimeoutMillis: 5_000,
  });
  // A connection that breaks fails the query at hand; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await lockMigrations(client);
    return await applyMissing(client);
  } finally {
    await client.end();
  }
}

/** Keeps migrations of others from running until the connection ends; waits for those that run. */
export async function lockMigrations(client: pg.Client): Promise<void> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
}

/** No migration runs while `work` does; any number may hold this lock together. */
export async function betweenMigrations<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('SELECT pg_advisory_lock_shared($1)', [LOCK_KEY]);
  const result = await work();
  await client.query('SELECT pg_advisory_unlock_shared($1)', [LOCK_KEY]);
  return result;
}

/** Applies these, with their records, within the transaction that is open. */
export async function applyMigrations(client: pg.Client, migrations: readonly Migration[]): Promise<void> {
  await client.query(CREATE_TABLE);
  for (const migration of migrations) await applyWithRecord(client, migration);
}

async function applyMissing(client: pg.Client): Promise<string[]> {
  await client.query(CREATE_TABLE);
  const applied = new Map((await readApplied(client)).map(({ name, checksum }) => [name, checksum]));
  const missing: string[] = [];
  for (const migration of await readMigrations()) {
    const checksum = applied.get(migration.name);
    if (checksum === undefined) {
      await apply(client, migration);
      missing.push(migration.name);
    } else if (checksum !== migration.checksum) {
      throw new MigrationError(
        `the migration ${migration.name} was changed after it had been applied to this database`,
      );
    }
  }
  return missing;
}

/** What a database has, in the order in which it was applied. Throws MigrationError where one was left half-done. */
export async function readApplied(client: pg.Client): Promise<Omit<Migration, 'sql'>[]> {
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM _prisma_migrations
     WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name`,
  );
  const halfDone = rows.find(({ finished }) => !finished);
  if (halfDone !== undefined) {
    throw new MigrationError(
      `the migration ${halfDone.migration_name} was left half-done; see \`prisma migrate resolve\``,
    );
  }
  return rows.map(({ migration_name: name, checksum }) => ({ name, checksum }));
}

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  try {
    await client.query('BEGIN');
    await applyWithRecord(client, migration);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function applyWithRecord(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query(sql);
  await client.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
     VALUES ($1, $2, $3, now(), clock_timestamp(), 1)`,
    [randomUUID(), checksum, name],
  );
}

/** The migrations of this program, in their order. */
export async function readMigrations(): Promise<Migration[]> {
  const entries = await readdir(FOLDER, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, FOLDER), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

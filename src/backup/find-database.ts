import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSettings } from '../config/config.js';
import { startEmbeddedPostgres } from '../embedded/embedded-postgres.js';
import { runningPostgresUrl } from '../embedded/running-postgres.js';
import { BackupError } from './backup-error.js';

/** A database to work on. */
export interface FoundDatabase {
  readonly url: string;
  /** Stops the server where it was started for this; never a server that was running. */
  close(): Promise<void>;
}

/**
 * The database that the service works on under the same settings: DATABASE_URL, else the embedded one, which is used where a
 * service runs it and started where none does. Throws StartError.
 */
export async function findDatabase({ databaseUrl, dataDir }: DatabaseSettings): Promise<FoundDatabase> {
  const folder = join(dataDir, 'postgres');
  const url = databaseUrl ?? (await runningPostgresUrl(folder));
  if (url !== undefined) return { url, close: () => Promise.resolve() };
  const server = await startEmbeddedPostgres({ folder });
  return { url: server.url, close: () => server.stop() };
}

/** As `findDatabase`, but makes no embedded database where there is none. Throws BackupError then. */
export async function findExistingDatabase(settings: DatabaseSettings): Promise<FoundDatabase> {
  const folder = join(settings.dataDir, 'postgres');
  if (settings.databaseUrl === undefined && !(await exists(folder))) {
    throw new BackupError(
      `There is no database: ${folder} does not exist. Set DATA_DIR or DATABASE_URL as for the start.`,
    );
  }
  return findDatabase(settings);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { betweenMigrations, readApplied } from '../prisma/migrations.js';
import { BackupError } from './backup-error.js';
import { type CatalogTable, readSequences, readTables } from './catalog.js';
import { withConnection } from './connect.js';
import type { DraftFolder } from './draft-folder.js';
import {
  fileOf,
  FORMAT,
  type Manifest,
  MANIFEST_FILE,
  manifestText,
  type SavedTable,
  SUMS_FILE,
  sumsText,
} from './manifest.js';
import { writeTableFile } from './table-file.js';

/**
 * Writes everything that the database holds at one moment into the folder, and finishes it. Readers and writers go on
 * meanwhile. Throws BackupError where the database is none of Tallyhouse's; whatever fails leaves the folder unfinished.
 */
export async function takeBackup(databaseUrl: string, folder: DraftFolder): Promise<Manifest> {
  const manifest = await withConnection(databaseUrl, async (client) => {
    const tables = await betweenMigrations(client, () => beginSnapshot(client));
    const { rows } = await client.query<Pick<Manifest, 'takenAt' | 'serverVersion'>>(
      `SELECT to_json(now()) #>> '{}' AS "takenAt", current_setting('server_version') AS "serverVersion"`,
    );
    const about = { takenAt: rows[0]?.takenAt ?? '', serverVersion: rows[0]?.serverVersion ?? '' };
    const migrations = await readApplied(client);
    const saved: SavedTable[] = [];
    for (const table of tables) saved.push(await saveTable(client, table, folder));
    const sequences = await readSequences(client);
    return { format: FORMAT, ...about, migrations, tables: saved, sequences };
  });
  const text = manifestText(manifest);
  await writeFile(join(folder.path, MANIFEST_FILE), text, { flush: true, mode: 0o600 });
  await writeFile(join(folder.path, SUMS_FILE), sumsText(text, manifest), { flush: true, mode: 0o600 });
  await folder.finish();
  return manifest;
}

/**
 * Begins the one snapshot of all tables. They are locked, against being altered only, before it is taken, so that no migration
 * comes between; LOCK itself takes no snapshot.
 */
async function beginSnapshot(client: pg.Client): Promise<CatalogTable[]> {
  const tables = await readTables(client);
  if (!tables.some(({ name }) => name === '_prisma_migrations')) {
    throw new BackupError('This database is none of Tallyhouse: it has no table "_prisma_migrations".');
  }
  const names = tables.map(({ name }) => `ONLY ${client.escapeIdentifier(name)}`).join(', ');
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(`LOCK TABLE ${names} IN ACCESS SHARE MODE`);
  await client.query('SELECT');
  return tables;
}

async function saveTable(client: pg.Client, table: CatalogTable, folder: DraftFolder): Promise<SavedTable> {
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const statement = `COPY ${client.escapeIdentifier(table.name)} (${columns}) TO STDOUT (FORMAT ${table.format})`;
  const rows = client.query(copyTo(statement));
  const file = fileOf(table.name);
  const digest = await writeTableFile(join(folder.path, file), rows, table.isCompressed ? 'none' : 'fast');
  // The number of rows comes behind the rows; the next answer comes behind that.
  await client.query('SELECT');
  return { ...table, file, rows: rows.rowCount, ...digest };
}

import { join } from 'node:path';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { applyMigrations, lockMigrations } from '../prisma/migrations.js';
import { BackupError } from './backup-error.js';
import { beginAnew } from './begin-anew.js';
import {
  type CatalogTable,
  findAnyRelation,
  readRules,
  readSequenceNames,
  readTables,
  type SequenceValue,
} from './catalog.js';
import { withConnection } from './connect.js';
import type { SavedTable } from './manifest.js';
import { readTableFile } from './table-file.js';
import type { VerifiedBackup } from './verified-backup.js';

/**
 * Makes an empty database what the backup's was, in one transaction: all of it or nothing. It has the migrations that the backup
 * names and no later ones, which the next start of the service applies. Throws BackupError where the database is not empty.
 *
 * @returns tables of the backup that no migration made, which are left out
 */
export async function restoreBackup(backup: VerifiedBackup, databaseUrl: string): Promise<string[]> {
  const { manifest, migrations, folder } = backup;
  return withConnection(databaseUrl, async (client) => {
    await lockMigrations(client);
    await client.query('BEGIN');
    await refuseUnlessEmpty(client);
    await applyMigrations(client, migrations);
    const tables = await readTables(client);
    const saved = tables.map((table) => savedOf(table, manifest.tables));
    const rules = await readRules(client);
    for (const statement of rules.lift) await client.query(statement);
    // Migrations may have brought rows of their own, which the backup has too.
    await client.query(`TRUNCATE ${namesOf(client, tables)}`);
    for (const table of saved) await loadTable(client, table, folder);
    for (const statement of rules.restore) await client.query(statement);
    await setSequences(client, manifest.sequences);
    await beginAnew(client);
    await client.query('COMMIT');
    // Without it the first queries would be planned as if all tables were empty.
    await client.query(`ANALYZE ${namesOf(client, tables)}`);
    return manifest.tables.map(({ name }) => name).filter((name) => !tables.some((table) => table.name === name));
  });
}

async function refuseUnlessEmpty(client: pg.Client): Promise<void> {
  const found = await findAnyRelation(client);
  if (found === undefined) return;
  throw new BackupError(
    `The database is not empty: it has "${found}". A backup is restored into an empty one only; nothing is ever overwritten.`,
  );
}

function savedOf({ name, columns }: CatalogTable, tables: readonly SavedTable[]): SavedTable {
  const saved = tables.find((table) => table.name === name);
  if (saved === undefined) throw new BackupError(`The backup lacks the table "${name}", which its migrations make.`);
  if ([...saved.columns].sort().join() === [...columns].sort().join()) return saved;
  throw new BackupError(`The table "${name}" of the backup has other columns than its migrations make.`);
}

async function loadTable(client: pg.Client, table: SavedTable, folder: string): Promise<void> {
  const columns = table.columns.map((column) => client.escapeIdentifier(column)).join(', ');
  const statement = `COPY ${client.escapeIdentifier(table.name)} (${columns}) FROM STDIN (FORMAT ${table.format})`;
  const rows = client.query(copyFrom(statement));
  await readTableFile(join(folder, table.file), rows);
  if (rows.rowCount === table.rows) return;
  throw new BackupError(`The table "${table.name}" has ${rows.rowCount} rows instead of ${table.rows}.`);
}

async function setSequences(client: pg.Client, values: readonly SequenceValue[]): Promise<void> {
  const present = new Set(await readSequenceNames(client));
  for (const { name, lastValue, isCalled } of values.filter((value) => present.has(value.name))) {
    await client.query('SELECT setval($1::regclass, $2, $3)', [client.escapeIdentifier(name), lastValue, isCalled]);
  }
}

function namesOf(client: pg.Client, tables: readonly CatalogTable[]): string {
  return tables.map(({ name }) => client.escapeIdentifier(name)).join(', ');
}

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Migration, readMigrations } from '../prisma/migrations.js';
import { BackupError } from './backup-error.js';
import { fileOf, type Manifest, MANIFEST_FILE, parseManifest, SUMS_FILE, sumsText } from './manifest.js';
import { digestOfFile } from './table-file.js';

/** A backup of which every byte was compared with its digest. */
export interface VerifiedBackup {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Those of this program that the backup's database had. */
  readonly migrations: readonly Migration[];
}

/**
 * Reads a whole backup, and changes nothing anywhere. Throws BackupError where it is unfinished, where a byte differs, or where
 * this program lacks a migration that it was made with.
 */
export async function verifyBackup(path: string): Promise<VerifiedBackup> {
  const folder = resolve(path);
  const manifest = await readManifest(folder);
  const migrations = await matchMigrations(folder, manifest);
  for (const { name, file, bytes, sha256 } of manifest.tables) {
    const found = file === fileOf(name) ? await digestOfFile(join(folder, file)).catch(() => undefined) : undefined;
    if (found === undefined) throw new BackupError(`${folder} is damaged: ${file} is missing or can't be read.`);
    if (found.bytes !== bytes || found.sha256 !== sha256) {
      throw new BackupError(`${folder} is damaged: ${file} is not what was written (its SHA-256 differs).`);
    }
  }
  return { folder, manifest, migrations };
}

async function readManifest(folder: string): Promise<Manifest> {
  const [text, sums] = await Promise.all(
    [MANIFEST_FILE, SUMS_FILE].map((file) => readFile(join(folder, file), 'utf8').catch(() => undefined)),
  );
  if (text === undefined || sums === undefined) {
    const missing = text === undefined ? MANIFEST_FILE : SUMS_FILE;
    throw new BackupError(`${folder} is no finished backup: it has no ${missing}.`);
  }
  let manifest: Manifest;
  try {
    manifest = parseManifest(text);
  } catch (error) {
    throw new BackupError(`${folder} can't be restored: ${(error as Error).message}.`);
  }
  if (sums !== sumsText(text, manifest)) {
    throw new BackupError(`${folder} is damaged: ${MANIFEST_FILE} and ${SUMS_FILE} don't agree.`);
  }
  return manifest;
}

async function matchMigrations(folder: string, manifest: Manifest): Promise<Migration[]> {
  const known = new Map((await readMigrations()).map((migration) => [migration.name, migration]));
  return manifest.migrations.map(({ name, checksum }) => {
    const own = known.get(name);
    if (own === undefined) {
      throw new BackupError(
        `${folder} was made by a newer Tallyhouse, with the migration ${name}, which this one lacks: restore it with that version.`,
      );
    }
    if (own.checksum === checksum) return own;
    throw new BackupError(`${folder} was made with another migration ${name} than this program has.`);
  });
}

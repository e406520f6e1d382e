import { createHash } from 'node:crypto';
import type { CatalogTable, SequenceValue } from './catalog.js';
import type { FileDigest } from './table-file.js';

/** Raised when a program that knows only the older form must not read the new one. */
export const FORMAT = 1 as number;
export const MANIFEST_FILE = 'manifest.json';
/** In the form of `sha256sum`, so that a backup can be checked where there is nothing but that. */
export const SUMS_FILE = 'SHA256SUMS';

/** A table in a backup; `rows` and the digest are what must be found again. */
export interface SavedTable extends CatalogTable, FileDigest {
  readonly file: string;
  readonly rows: number;
}

/** What a backup says of itself: `manifest.json`. */
export interface Manifest {
  readonly format: number;
  /** ISO 8601, the moment that all rows are of, by the database's clock. */
  readonly takenAt: string;
  readonly serverVersion: string;
  /** In the order in which they were applied. */
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[];
  readonly tables: readonly SavedTable[];
  readonly sequences: readonly SequenceValue[];
}

/** The names of tables are ours, but anything may stand in a catalog. */
export function fileOf(table: string): string {
  return `${encodeURIComponent(table)}.copy.gz`;
}

export function manifestText(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

/** The content of SHA256SUMS, which follows from the manifest: its own digest, and those that it names. */
export function sumsText(text: string, { tables }: Manifest): string {
  const own = { sha256: createHash('sha256').update(text).digest('hex'), file: MANIFEST_FILE };
  return [own, ...tables].map(({ sha256, file }) => `${sha256}  ${file}\n`).join('');
}

/** Throws a sentence where this is no manifest that this program reads. */
export function parseManifest(text: string): Manifest {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error('its manifest.json is damaged');
  }
  const { format, tables } = (content ?? {}) as Partial<Manifest>;
  if (typeof format === 'number' && format > FORMAT) {
    throw new Error(`it has format ${format}, and this program reads formats up to ${FORMAT}: use a newer one`);
  }
  if (format !== FORMAT || !Array.isArray(tables)) throw new Error('its manifest.json is none of a backup');
  return content as Manifest;
}

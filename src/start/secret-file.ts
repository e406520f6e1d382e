import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StartError } from '../embedded/start-error.js';

/**
 * A secret that is made once and kept in a file that only its owner may read (mode 600). Whoever creates the file
 * first decides, so that two processes starting at once agree. Throws StartError where the file can't be used.
 *
 * @returns the secret, 43 characters of 256 random bits, and whether it was made now
 */
export async function keptSecret(path: string): Promise<{ readonly secret: string; readonly isNew: boolean }> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const secret = randomBytes(32).toString('base64url');
    if (await createFile(path, `${secret}\n`)) return { secret, isNew: true };
    const kept = (await readFile(path, 'utf8')).trim();
    if (kept.length < 32)
      throw new StartError(`${path} holds no secret of at least 32 characters; delete it to have a new one made.`);
    return { secret: kept, isNew: false };
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `${path} can't be used (${(error as NodeJS.ErrnoException).code ?? 'unknown'}); set DATA_DIR to a folder that you may write to.`,
    );
  }
}

async function createFile(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

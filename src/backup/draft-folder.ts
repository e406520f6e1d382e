import { rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, open, rename } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { BackupError } from './backup-error.js';

/**
 * A folder that gets its name only once all in it is whole and on the disk, so that whatever bears the name is finished. Until
 * then it lies beside it as `.<name>.partial-…`, for its owner alone.
 */
export class DraftFolder {
  private constructor(
    readonly path: string,
    private readonly target: string,
  ) {}

  /** Throws BackupError where the name is taken, or nothing can be written there. */
  static async create(path: string): Promise<DraftFolder> {
    const target = resolve(path);
    if (await exists(target)) throw new BackupError(`${target} exists already: a backup never overwrites anything.`);
    try {
      await mkdir(dirname(target), { recursive: true });
      return new DraftFolder(await mkdtemp(join(dirname(target), `.${basename(target)}.partial-`)), target);
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new BackupError(`${dirname(target)} can't be created or written to (${code}).`);
    }
  }

  /** The files in it must be on the disk already. */
  async finish(): Promise<void> {
    await syncFolder(this.path);
    await rename(this.path, this.target);
    await syncFolder(dirname(this.target));
  }

  /** At once, since the process may be about to end. Harmless once it is finished. */
  discard(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A name is on the disk once its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

import { randomBytes } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { belongToFolder } from './folder-owner.js';
import { processStart } from './process-identity.js';
import { StartError } from './start-error.js';

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes the folder for this process, until `release()` or the process's end: the file `lock` names its holder by pid and start
 * time, so that a recycled pid is not mistaken for it.
 * @throws {StartError} if another live process (or this one) holds the folder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, 'lock');
  const unique = `${process.pid}-${randomBytes(6).toString('hex')}`;
  const draft = join(folder, `lock-draft-${unique}`);
  const content = `${process.pid}\n${processStart(process.pid) ?? ''}\n${unique}\n`;
  await writeFile(draft, content, { mode: 0o600 });
  try {
    // One that root leaves behind must be legible to the folder's owner, who has to judge it.
    await belongToFolder(draft);
    // A link appears whole or not at all, so nobody ever reads half a lock.
    while (!(await linked(draft, path))) await removeIfStale(folder, path, unique);
  } finally {
    await rm(draft, { force: true });
  }
  return {
    async release() {
      if ((await read(path)) === content) await rm(path, { force: true });
    },
  };
}

async function removeIfStale(folder: string, path: string, unique: string): Promise<void> {
  const judged = await read(path);
  if (judged === undefined) return;
  const [pid = '', start = ''] = judged.split('\n');
  if (start !== '' && processStart(Number(pid)) === start) {
    throw new StartError(`The folder ${folder} is in use by process ${pid}.`);
  }
  // Moved aside before it is deleted: if another starter replaced it since we read it, its fresh lock is put back.
  const aside = join(folder, `lock-aside-${unique}`);
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await read(aside)) !== judged) await linked(aside, path);
  await rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

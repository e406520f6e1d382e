import { chown, lchown, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What root creates in another user's folder becomes that user's, who could not start the service any more otherwise. */
export async function belongToFolder(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  await chown(path, uid, gid);
}

/** Gives a folder and all in it to a user. It comes last itself, so that an interruption is seen and made good by the next start. */
export async function chownTree(path: string, uid: number, gid: number): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await chownTree(child, uid, gid);
    else await lchown(child, uid, gid);
  }
  await lchown(path, uid, gid);
}

import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What root creates in another user's folder becomes that user's, who could not start the service any more otherwise. */
export async function belongToFolder(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(path));
  await chown(path, uid, gid);
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { unlessMissing } from './synced-file.js';

/** Bytes of all files below a folder; 0 where there is none. */
export async function folderSize(root: string): Promise<number> {
  const entries = (await unlessMissing(readdir(root, { recursive: true, withFileTypes: true }))) ?? [];
  let total = 0;
  for (const entry of entries) {
    // What another process has sent meanwhile is gone.
    if (entry.isFile()) total += (await unlessMissing(stat(join(entry.parentPath, entry.name))))?.size ?? 0;
  }
  return total;
}

import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { belongToFolder } from './folder-owner.js';

const ROTATE_ABOVE_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 2048;

/** The log file that a server of ours writes to. */
export interface ServerLog {
  readonly path: string;
  readonly descriptor: number;
  /** The last lines (2 KiB at most, or so many bytes) that were written since the last `mark()`. */
  tail(bytes?: number): Promise<string>;
  mark(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the log for appending; one over 4 MiB becomes `<path>.1` first, replacing the one before. */
export async function openServerLog(path: string): Promise<ServerLog> {
  const size = await sizeOf(path);
  if (size > ROTATE_ABOVE_BYTES) await rename(path, `${path}.1`);
  const handle = await open(path, 'a+', 0o600);
  await belongToFolder(path);
  let start = await sizeOf(path);
  return {
    path,
    descriptor: handle.fd,
    tail: (bytes = TAIL_BYTES) => readTail(handle, start, bytes),
    mark: async () => {
      start = await sizeOf(path);
    },
    close: () => handle.close(),
  };
}

async function readTail(handle: FileHandle, start: number, bytes: number): Promise<string> {
  const { size } = await handle.stat();
  const from = Math.max(start, size - bytes);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytes), 0, size - from, from);
  return buffer.toString('utf8', 0, bytesRead).trim();
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

/** Whether the lock is ours now, another's, or not to be had on this system at all. */
export type LockState = 'held' | 'busy' | 'none';

/**
 * Node has no flock(2). A lock of flock belongs to the open file, not to the process that asked for it (man 2 flock): so a
 * program that gets our file as its descriptor 3 locks it for us, and the lock stays when that program ends, until we close
 * the file or end, however we end. The Python client takes the same lock.
 */
const HELPERS: readonly (readonly [command: string, ...args: string[]])[] = [
  ['flock', '-n', '-x', '3'],
  [
    'perl',
    '-e',
    'use Errno; use Fcntl ":flock"; open(my $f, "+<&=", 3) or die; ' +
      'exit 0 if flock($f, LOCK_EX | LOCK_NB); exit 1 if $!{EWOULDBLOCK}; die',
  ],
];

/** Tries, without waiting, to lock an open file for this process alone. */
export async function tryLock(file: FileHandle): Promise<LockState> {
  for (const [command, ...args] of HELPERS) {
    const end = await run(command, args, file.fd);
    if (end === undefined) continue;
    if (end.code === 0) return 'held';
    // Whoever fails for another reason than the lock says so.
    return end.code === 1 && end.complaints === '' ? 'busy' : 'none';
  }
  return 'none';
}

interface HelperEnd {
  readonly code: number | null;
  readonly complaints: string;
}

/** Undefined where there is no such program. */
async function run(command: string, args: readonly string[], fd: number): Promise<HelperEnd | undefined> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', fd] });
  try {
    const closed = once(child, 'close') as Promise<[number | null]>;
    const [[code], complaints] = await Promise.all([closed, text(child.stderr as NodeJS.ReadableStream)]);
    return { code, complaints };
  } catch {
    return undefined;
  }
}

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processExists, processHasArgument } from './process-identity.js';
import { StartError } from './start-error.js';

/** What PostgreSQL says about itself in `postmaster.pid` (format: miscadmin.h of PostgreSQL). */
export interface PostmasterFile {
  readonly pid: number;
  /** Seconds since the epoch. */
  readonly startedAt: string;
  readonly port: number;
  readonly status: string;
}

export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(dataFolder, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, startedAt: lines[2] ?? '', port: Number(lines[3]), status: lines[7] ?? '' };
}

// A pid that no system gives out.
const NO_PROCESS = 2 ** 31 - 1;

/**
 * Sees to it that no earlier server works on the data folder: one that is shutting down is waited for, an orphaned one is ended.
 * To be called by the holder of the folder's lock only.
 * @throws {StartError} if it belongs to another user or does not end.
 */
export async function endPreviousPostmaster(dataFolder: string): Promise<void> {
  const previous = await readPostmasterFile(dataFolder);
  if (previous === undefined) return;
  const { pid } = previous;
  const lives = () => processHasArgument(pid, dataFolder);
  const steps: readonly [NodeJS.Signals, number][] = [
    ['SIGINT', 30],
    ['SIGQUIT', 10],
    ['SIGKILL', 5],
  ];
  for (const [signal, seconds] of steps) {
    if (!lives()) break;
    sendSignal(pid, signal, dataFolder);
    const deadline = Date.now() + seconds * 1000;
    while (lives() && Date.now() < deadline) await delay(50);
  }
  if (lives()) throw new StartError(`The PostgreSQL server of ${dataFolder}, process ${pid}, does not end.`);
  await disownRecycledPid(dataFolder, pid);
}

/**
 * PostgreSQL refuses to start while the pid in a stale file belongs to anyone. The pid is replaced instead of the file removed,
 * because PostgreSQL also finds there which shared memory must be free of old backends.
 */
async function disownRecycledPid(dataFolder: string, pid: number): Promise<void> {
  if (!processExists(pid) || (await readPostmasterFile(dataFolder))?.pid !== pid) return;
  const path = join(dataFolder, 'postmaster.pid');
  const [, ...rest] = (await readFile(path, 'utf8')).split('\n');
  await writeFile(path, [NO_PROCESS, ...rest].join('\n'));
}

function sendSignal(pid: number, signal: NodeJS.Signals, dataFolder: string): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return;
    throw new StartError(`The folder ${dataFolder} is in use by a PostgreSQL server of another user, process ${pid}.`);
  }
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processHasArgument } from './process-identity.js';
import { StartError } from './start-error.js';

/** A file with the pid of the node and the process group that it is in, with a space between. */
export const PID_FILE = 'node.pid';

/**
 * Sees to it that no earlier node works on the folder: one that is shutting down is waited for, an orphaned one is ended.
 * To be called by the holder of the folder's lock only.
 * @param name what our nodes of this folder have on their command line
 * @throws {StartError} if it belongs to another user or does not end.
 */
export async function endPreviousNode(folder: string, name: string): Promise<void> {
  const text = await readFile(join(folder, PID_FILE), 'utf8').catch(() => '');
  const [pid = 0, group = 0] = text.trim().split(' ').map(Number);
  // Signals to 0 and 1 would go to others.
  if (!(pid > 1 && group > 1)) return;
  const lives = () => processHasArgument(pid, name);
  const steps: readonly [NodeJS.Signals, number][] = [
    ['SIGTERM', 15],
    ['SIGKILL', 5],
  ];
  let found = false;
  for (const [signal, seconds] of steps) {
    if (!lives()) break;
    found = true;
    sendSignal(pid, signal, folder);
    const deadline = Date.now() + seconds * 1000;
    while (lives() && Date.now() < deadline) await delay(50);
  }
  if (lives()) throw new StartError(`The RabbitMQ node of ${folder}, process ${pid}, does not end.`);
  // Where its supervisor was killed too, the port mapper is still there.
  if (found) sendSignal(-group, 'SIGKILL', folder);
}

function sendSignal(pid: number, signal: NodeJS.Signals, folder: string): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return;
    throw new StartError(`The folder ${folder} is in use by a RabbitMQ node of another user, process ${pid}.`);
  }
}

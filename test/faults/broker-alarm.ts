import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { findRabbitmqServer } from '../../src/embedded/rabbitmq-installation.js';

/** What a broker may run out of: the command that makes it believe so, and the one that mends it. */
export const ALARMS = {
  memory: [
    ['set_vm_memory_high_watermark', '0.00001'],
    ['set_vm_memory_high_watermark', '0.4'],
  ],
  disk: [
    ['set_disk_free_limit', '1000000GB'],
    ['set_disk_free_limit', '50MB'],
  ],
} as const;

/** Runs `rabbitmqctl` for the private node in a folder, in the environment of the node itself (Linux: `/proc`). */
export async function control(folder: string, args: readonly string[]): Promise<void> {
  const [pid] = (await readFile(join(folder, 'node.pid'), 'utf8')).split(' ');
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((one) => one.includes('='));
  const env = Object.fromEntries(
    variables.map((one) => [one.slice(0, one.indexOf('=')), one.slice(one.indexOf('=') + 1)]),
  );
  const command = join(dirname((await findRabbitmqServer()) ?? ''), 'rabbitmqctl');
  await promisify(execFile)(command, [...args], { env, cwd: folder, timeout: 60_000 });
}

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const HAS_PROC = existsSync('/proc/self/stat');

/**
 * A text that is the same for as long as the process `pid` lives and differs for any other process that gets the same number
 * later: its start time. `undefined` if there is no such process.
 */
export function processStart(pid: number): string | undefined {
  if (!HAS_PROC) return inspect(pid, 'lstart=');
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // Field 22 is the start in clock ticks since boot (proc(5)); counting starts behind the name, which may hold spaces.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (state === 'Z') return undefined;
  const boot = readProc('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
  return `${boot} ${fields[18] ?? ''}`;
}

/** Whether the process `pid` lives and has `argument` on its command line. */
export function processHasArgument(pid: number, argument: string): boolean {
  if (!HAS_PROC) return inspect(pid, 'args=')?.includes(argument) ?? false;
  return readProc(`/proc/${pid}/cmdline`)?.split('\0').includes(argument) ?? false;
}

/** Whether the number `pid` is taken by any process, of whichever user. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function inspect(pid: number, column: string): string | undefined {
  try {
    // A fixed time zone and language, or the same start time would be spelled in two ways.
    const env = { PATH: '/bin:/usr/bin', TZ: 'UTC', LC_ALL: 'C' };
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
    return execFileSync('ps', ['-ww', '-o', column, '-p', String(pid)], { env, stdio, encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts ended processes in ticks of 10 ms (USER_HZ, 100 on every architecture that Node runs on). */
const TICK_MS = 10;
const NS_PER_MS = 1e6;

/** The CPU milliseconds that a process has used so far, all its threads, user and system (proc(5)). */
export function processorMs(pid: number): number {
  const { user, system } = statOf(pid);
  return (user + system) * TICK_MS;
}

/**
 * The CPU milliseconds of a process and all its children. A child of one thread is counted to the nanosecond
 * (`schedstat`); one that ended is in its parent's account.
 */
export function familyProcessorMs(parent: number): number {
  let total = statOf(parent).children * TICK_MS;
  for (const pid of [parent, ...childrenOf(parent)]) total += singleThreadMs(pid);
  return total;
}

function childrenOf(parent: number): number[] {
  const children: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (statOf(Number(name)).parent === parent) children.push(Number(name));
    } catch {
      // It ended while the list was read.
    }
  }
  return children;
}

function singleThreadMs(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ', 1)[0]) / NS_PER_MS;
  } catch {
    try {
      return processorMs(pid);
    } catch {
      return 0;
    }
  }
}

function statOf(pid: number): { parent: number; user: number; system: number; children: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  return { parent: field(4), user: field(14), system: field(15), children: field(16) + field(17) };
}

/** The resident set of a process in MiB. */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? 0) / 1024;
}

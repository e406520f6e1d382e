import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from './amqp.js';

/** What a program said, and how it ended. */
export interface Outcome {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
}

/** A program under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Outcome>;
}

/** Starts what `npm run backup` or `npm run restore` runs; nothing of the caller's environment is passed on but PATH. */
export function start(
  program: 'backup' | 'restore',
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Running {
  const child = spawn(process.execPath, [resolve(`dist/backup/${program}-main.js`), ...args], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit') as Promise<[number | null]>;
  const done = Promise.all([text(child.stdout), text(child.stderr), exit]).then(([out, err, [code]]) => ({
    out,
    err,
    code,
  }));
  return { child, done };
}

export async function run(...parameters: Parameters<typeof start>): Promise<Outcome> {
  return start(...parameters).done;
}

/** Everything beside a backup that an unfinished one of that name left. */
export async function partsOf(folder: string): Promise<string[]> {
  const names = await readdir(dirname(folder));
  return names
    .filter((name) => name.startsWith(`.${basename(folder)}.partial-`))
    .map((name) => join(dirname(folder), name));
}

/** Resolves with the unfinished folder once a backup is writing rows. */
export async function untilUnderWay(folder: string): Promise<string> {
  return eventually(async () => {
    const [part] = await partsOf(folder);
    if (part === undefined || (await readdir(part)).length === 0) throw new Error('not yet');
    return part;
  });
}

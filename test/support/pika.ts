import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';

const COMMAND = 'apt-get install python3-pika (or: pip install pika)';

/** A Python that has pika, for tests of workers that are none of ours; undefined, and said so, where there is none. */
export function findPika(): string | undefined {
  const found = ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', 'import pika'], { stdio: 'ignore' }).status === 0,
  );
  if (found === undefined) {
    process.stderr.write(`no Python with pika is there, so a Python worker is NOT tested; to test it: ${COMMAND}\n`);
  }
  return found;
}

/** Runs a program with these variables and no others but PATH; resolves with its output, throws what it complained about. */
export async function runPython(
  python: string,
  program: string,
  variables: Readonly<Record<string, string>>,
): Promise<string> {
  const child = spawn(python, ['-'], { env: { PATH: process.env['PATH'], ...variables } });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.end(program);
  const [output, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0 || complaints !== '') throw new Error(`Python ended with ${String(code)}: ${complaints}`);
  return output;
}

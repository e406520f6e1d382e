import { constants } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { InvalidInput } from './worker-errors.js';

/** The bytes of a file, or of standard input where the path is `-`. Throws InvalidInput where it can't be read. */
export async function readInput(path: string): Promise<Buffer> {
  if (path === '-') return buffer(process.stdin);
  try {
    return await readFile(path);
  } catch (error) {
    throw new InvalidInput((error as Error).message);
  }
}

/** The same as text. Throws InvalidInput where it is longer than a text may be in Node. */
export async function readText(path: string): Promise<string> {
  const bytes = await readInput(path);
  if (bytes.length > constants.MAX_STRING_LENGTH) {
    throw new InvalidInput(
      `${path} is larger than ${constants.MAX_STRING_LENGTH} bytes: send its pages in several files`,
    );
  }
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

/** The files of arguments that are a path, stored by its last part, or `NAME=PATH`. */
export async function readFiles(args: readonly string[]): Promise<Record<string, Buffer>> {
  const paths = new Map<string, string>();
  for (const argument of args) {
    const at = argument.indexOf('=');
    const [name, path] = at < 0 ? [basename(argument), argument] : [argument.slice(0, at), argument.slice(at + 1)];
    if (paths.has(name)) {
      throw new InvalidInput(`two files would be stored as ${name}: give one another name with NAME=PATH`);
    }
    paths.set(name, path);
  }
  const files: [string, Buffer][] = [];
  for (const [name, path] of paths) files.push([name, await readInput(path)]);
  return Object.fromEntries(files);
}

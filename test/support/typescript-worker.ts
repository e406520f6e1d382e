import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { WorkerProcess } from './worker-process.js';

/** The folder of the built worker client. */
export const TYPESCRIPT_CLIENT = resolve('dist/worker-client');

/** Runs the command line, or with a program that, with the client's exports and PRELUDE in scope. */
export class TypeScriptWorker extends WorkerProcess {
  static command(args: readonly string[], variables: Readonly<Record<string, string>>): TypeScriptWorker {
    const program = resolve(TYPESCRIPT_CLIENT, 'worker-command.js');
    return new TypeScriptWorker(process.execPath, [program, ...args], variables, '.');
  }

  static program(
    program: string,
    variables: Readonly<Record<string, string>>,
    client = TYPESCRIPT_CLIENT,
  ): TypeScriptWorker {
    const from = (name: string) => JSON.stringify(pathToFileURL(resolve(client, name)).href);
    const imports =
      `import { Worker } from ${from('worker.js')};\n` +
      `import { InvalidInput, NotSent, Refused } from ${from('worker-errors.js')};\n`;
    const args = ['--input-type=module', '--eval', imports + PRELUDE + program];
    return new TypeScriptWorker(process.execPath, args, variables, '.');
  }
}

const PRELUDE = `
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';

/** The same doubles for the same seed: the awkward ones first, then any bits that are a finite number. */
function doubles(seed, count) {
  const found = [0, -0, 0.1, 5e-324, Number.MAX_VALUE].slice(0, count);
  for (let block = 0; found.length < count; block += 1) {
    const bytes = createHash('sha512').update(seed + ':' + block).digest();
    for (let at = 0; at < 64 && found.length < count; at += 8) {
      const value = bytes.readDoubleBE(at);
      if (Number.isFinite(value)) found.push(value);
    }
  }
  return found;
}

function page(number, values) {
  const data = { values, dimensions: [[...values].reverse()], unit: 'MeV/g' };
  return { page_number: number, name: 'any', data };
}

/** The bytes of a page's values and axis. */
function hexes(values) {
  const text = (list) => Buffer.concat([...list].map((value) => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return bytes;
  })).toString('hex');
  return text(values) + text([...values].reverse());
}

function say(value) {
  console.log(JSON.stringify(value));
}
`;

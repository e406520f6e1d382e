import { invalid } from '../errors/app-error.js';
import { DocumentBuilder, type JsonShape } from '../json/document-builder.js';
import { JsonScanner } from '../json/json-scanner.js';
import { primariesOfFiles, primariesOfProject } from './domain/requested-primaries.js';
import { plainTextFault } from '../validation/is-plain-text.decorator.js';

/**
 * Checks the JSON text of an input: an object, and for `files` texts by name. Throws `invalid`.
 *
 * @param name what its sender calls it, for errors
 * @returns the primaries that it asks for, undefined where it does not tell
 */
export function checkInput(
  text: Buffer | undefined,
  inputType: 'editor' | 'files',
  name = 'input',
): number | undefined {
  if (text === undefined) throw invalid(name, 'is required');
  if (text[0] !== 0x7b) throw invalid(name, 'must be an object');
  if (inputType === 'editor') return primariesOfProject(read(text, PROJECT, name));
  const files = read(text, FILES, name) as Record<string, string>;
  for (const [file, value] of Object.entries<unknown>(files)) {
    const fault = plainTextFault(file, 1, 255);
    if (fault !== undefined) throw invalid(name, `the file name ${JSON.stringify(file.slice(0, 40))} ${fault}`);
    if (typeof value !== 'string') throw invalid(`${name}.${file}`, 'must be a string, the text of the file');
  }
  return primariesOfFiles(files);
}

const FILES: JsonShape = { map: 'value' };
/** All of a project that the service interprets. */
const PROJECT: JsonShape = { object: { beam: { object: { numberOfParticles: 'value' } } } };

function read(text: Buffer, shape: JsonShape, name: string): unknown {
  let input: unknown;
  const scanner = new JsonScanner(new DocumentBuilder(shape, name, (value) => (input = value)));
  scanner.write(text);
  scanner.end();
  return input;
}

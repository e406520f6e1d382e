import { invalid } from '../errors/app-error.js';
import { DocumentBuilder } from '../json/document-builder.js';
import { JsonScanner } from '../json/json-scanner.js';
import { plainTextFault } from '../validation/is-plain-text.decorator.js';

/** Checks the JSON text of an input: an object, and for `files` texts by name. Throws `invalid`. */
export function checkInput(text: Buffer | undefined, inputType: 'editor' | 'files'): void {
  if (text === undefined) throw invalid('input', 'is required');
  if (text[0] !== 0x7b) throw invalid('input', 'must be an object');
  if (inputType === 'editor') return;
  for (const [name, value] of Object.entries(readFiles(text))) {
    const fault = plainTextFault(name, 1, 255);
    if (fault !== undefined) throw invalid('input', `the file name ${JSON.stringify(name.slice(0, 40))} ${fault}`);
    if (typeof value !== 'string') throw invalid(`input.${name}`, 'must be a string, the text of the file');
  }
}

function readFiles(text: Buffer): Record<string, unknown> {
  let files: unknown;
  const scanner = new JsonScanner(new DocumentBuilder({ map: 'value' }, 'input', (value) => (files = value)));
  scanner.write(text);
  scanner.end();
  return files as Record<string, unknown>;
}

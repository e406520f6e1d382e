import { DocumentBuilder } from '../json/document-builder.js';
import { JsonScanner } from '../json/json-scanner.js';

/** The title of a project of the editor, its JSON text given; empty where it has none. Throws `invalid` for what is no JSON. */
export function projectTitle(text: Buffer): string {
  let found: unknown;
  const shape = { object: { project: { object: { title: 'value' } } } } as const;
  const scanner = new JsonScanner(new DocumentBuilder(shape, 'input_json', (value) => (found = value)));
  scanner.write(text);
  scanner.end();
  const { project } = (found ?? {}) as { project?: { title?: unknown } | null };
  return typeof project?.title === 'string' ? project.title : '';
}

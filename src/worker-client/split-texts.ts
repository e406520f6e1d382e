import { jsonText } from './json-writer.js';

/** Cuts a map of JSON texts into objects of at most `room` bytes; a larger item makes an object of its own. */
export function* splitMap(items: Readonly<Record<string, string>>, room: number, maxItems: number): Generator<string> {
  const pairs = Object.entries(items).map(([name, text]) => `${jsonText(name)}:${text}`);
  for (const group of groups(pairs, room - 2, maxItems)) yield `{${group.join(',')}}`;
}

/** The same with a list. */
export function* splitList(items: readonly string[], room: number, maxItems: number): Generator<string> {
  for (const group of groups(items, room - 2, maxItems)) yield `[${group.join(',')}]`;
}

function* groups(texts: readonly string[], room: number, maxItems: number): Generator<string[]> {
  let group: string[] = [];
  let size = 0;
  for (const text of texts) {
    if (group.length > 0 && (size + text.length + 1 > room || group.length >= maxItems)) {
      yield group;
      [group, size] = [[], 0];
    }
    size += text.length + (group.length > 0 ? 1 : 0);
    group.push(text);
  }
  yield group;
}

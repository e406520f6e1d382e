import { InvalidInput } from './worker-errors.js';

/** Text that is JSON already, in ASCII; it is passed on as it is. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Numbers that are joined at once: a string for each of ten million would take more memory than their text. */
const GROUP = 4096;

/**
 * JSON in ASCII. Differs from JSON.stringify: NaN and the infinities are written as Python does (Tallyhouse takes them), -0
 * keeps its sign, typed arrays are lists, a bigint is a number. Throws InvalidInput for what can't be written.
 */
export function jsonText(value: unknown): string {
  try {
    return textOf(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidInput('this is too large or too deeply nested to be written as JSON');
  }
}

function textOf(value: unknown): string {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? '-0.0' : String(value);
    case 'string':
      return stringText(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'undefined':
      return 'null';
    case 'object':
      return value === null ? 'null' : objectText(value);
    default:
      throw new InvalidInput(`a ${typeof value} can't be written as JSON`);
  }
}

function objectText(value: object): string {
  if (value instanceof JsonText) return value.text;
  if (Array.isArray(value)) return listText(value);
  if (ArrayBuffer.isView(value) && 'length' in value) return listText(value as unknown as ArrayLike<number>);
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return textOf((value as { toJSON(): unknown }).toJSON());
  }
  if ([Map, Set, ArrayBuffer, DataView].some((kind) => value instanceof kind)) {
    throw new InvalidInput(`a ${value.constructor.name} can't be written as JSON`);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([name, member]) => `${stringText(name)}:${textOf(member)}`).join(',')}}`;
}

function listText(values: ArrayLike<unknown>): string {
  const groups: string[] = [];
  for (let from = 0; from < values.length; from += GROUP) {
    const group: string[] = [];
    const end = Math.min(from + GROUP, values.length);
    for (let at = from; at < end; at += 1) group.push(textOf(values[at]));
    groups.push(group.join(','));
  }
  return `[${groups.join(',')}]`;
}

function stringText(value: string): string {
  return JSON.stringify(value).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

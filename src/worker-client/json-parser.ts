import { JsonText } from './json-writer.js';
import { InvalidInput } from './worker-errors.js';

/**
 * The estimators of a JSON text: `{"estimators": [...]}` or the list alone. Lists of numbers, which are most of it, stay the
 * text that they are, so that no number changes; NaN and the infinities, which Python writes, are taken. Throws InvalidInput
 * for what is no JSON, or holds a number outside the range of a double.
 */
export function parseResults(text: string): unknown[] {
  const content = parsed(text);
  const isObject = typeof content === 'object' && content !== null && !Array.isArray(content);
  const estimators = isObject ? (content as Record<string, unknown>)['estimators'] : content;
  if (Array.isArray(estimators)) return estimators;
  throw new InvalidInput('the results must be {"estimators": [...]} or a list of estimators');
}

function parsed(text: string): unknown {
  try {
    return new JsonParser(text).parse();
  } catch (error) {
    if (error instanceof RangeError) throw new InvalidInput('not JSON: too deeply nested');
    throw error;
  }
}

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|-?Infinity|NaN/y;
const PLAIN_CHARACTERS = /[^"\\]*/y;
const LITERALS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** JSON (RFC 8259), and the three numbers beside it that Python writes. */
class JsonParser {
  private at = 0;

  constructor(private readonly text: string) {}

  parse(): unknown {
    const value = this.value();
    this.skip(SPACE);
    if (this.at < this.text.length) throw this.unexpected();
    return value;
  }

  private value(): unknown {
    this.skip(SPACE);
    const next = this.text[this.at];
    if (next === '{') return this.object();
    if (next === '[') return this.list();
    if (next === '"') return this.string();
    const literal = [...LITERALS.keys()].find((name) => this.text.startsWith(name, this.at));
    if (literal === undefined) return this.number();
    this.at += literal.length;
    return LITERALS.get(literal);
  }

  private object(): object {
    const members: [string, unknown][] = [];
    this.items('}', () => {
      const name = this.string();
      this.skip(SPACE);
      this.expect(':');
      members.push([name, this.value()]);
    });
    return Object.fromEntries(members);
  }

  /** A list of numbers, or of such lists, as its text; any other as an array. */
  private list(keepsAll = false): unknown[] | JsonText {
    const start = this.at;
    const kept: unknown[] = [];
    let count = 0;
    this.items(']', () => {
      const value = this.value();
      const isNumeric = value instanceof JsonText || typeof value === 'number' || value === null;
      if (keepsAll || !isNumeric) kept.push(value);
      count += 1;
    });
    if (kept.length === count) return kept;
    if (kept.length === 0) return new JsonText(this.text.slice(start, this.at).replace(/\s+/g, ''));
    // Numbers among other things, which is rare.
    this.at = start;
    return this.list(true);
  }

  private items(end: string, item: () => void): void {
    this.at += 1;
    this.skip(SPACE);
    if (this.text[this.at] !== end) {
      for (;;) {
        this.skip(SPACE);
        item();
        this.skip(SPACE);
        if (this.text[this.at] !== ',') break;
        this.at += 1;
      }
    }
    this.expect(end);
  }

  private string(): string {
    const start = this.at;
    this.expect('"');
    this.skip(PLAIN_CHARACTERS);
    while (this.text[this.at] === '\\') {
      this.at += 2;
      this.skip(PLAIN_CHARACTERS);
    }
    this.expect('"');
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      throw new InvalidInput(`not JSON: a wrong string at position ${start}`);
    }
  }

  /** As it stands, unless it is an integer that has no other text. */
  private number(): number | JsonText {
    const start = this.at;
    this.skip(NUMBER);
    if (this.at === start) throw this.unexpected();
    const token = this.text.slice(start, this.at);
    const value = Number(token);
    if (!Number.isFinite(value) && /\d/.test(token)) {
      throw new InvalidInput(`${token.slice(0, 40)} is outside the range of a double`);
    }
    if (token === '-0') return value;
    return String(value) === token && Number.isSafeInteger(value) ? value : new JsonText(token);
  }

  private skip(pattern: RegExp): void {
    pattern.lastIndex = this.at;
    if (pattern.test(this.text)) this.at = pattern.lastIndex;
  }

  private expect(character: string): void {
    if (this.text[this.at] !== character) throw this.unexpected();
    this.at += 1;
  }

  private unexpected(): InvalidInput {
    const found = this.at < this.text.length ? JSON.stringify(this.text[this.at]) : 'the end';
    return new InvalidInput(`not JSON: ${found} is not expected at position ${this.at}`);
  }
}

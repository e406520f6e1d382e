import { invalid, tooLarge } from '../../errors/app-error.js';
import { JsonScanner, type ValueKind } from '../../json/json-scanner.js';
import type { TextSink } from '../../json/text-sink.js';
import { DocumentBuilder, type JsonShape } from '../../json/document-builder.js';
import { countCharacters } from '../../validation/characters.js';
import { TextBuffer } from '../../json/text-buffer.js';

/** Text outside values and axes that an estimator or a page may carry. */
export const MAX_MEMBER_BYTES = 1024 * 1024;
const MAX_NAME_CHARACTERS = 1_024;

/** Such text of a whole body, which is held until it is stored; a larger result is sent as several partial bodies. */
const MAX_BODY_TEXT_BYTES = 64 * 1024 * 1024;
/** What an object of JavaScript costs besides its text. */
const OVERHEAD_BYTES = 64;

/** Counts the text of a body that is held in memory. */
export class TextBudget {
  private left = MAX_BODY_TEXT_BYTES;

  /** Throws `tooLarge` where it is used up. */
  take(bytes: number): void {
    this.left -= bytes + OVERHEAD_BYTES;
    if (this.left >= 0) return;
    throw tooLarge(
      `estimators: have more than ${MAX_BODY_TEXT_BYTES} bytes of text beside values and axes; send several partial bodies`,
    );
  }
}

/** The members of an object as they come: which were seen, and the texts of those that are kept as sent. */
export class Members {
  private readonly seen = new Set<string>();
  private readonly texts = new Map<string, string>();
  private readonly unknown: string[] = [];
  /** The member at hand. */
  name = '';

  /**
   * @param path of the object, for errors
   * @param interpreted names that may come only once
   */
  constructor(
    readonly path: string,
    private readonly interpreted: ReadonlySet<string>,
    private readonly budget: TextBudget,
  ) {}

  enter(name: string): void {
    this.name = name;
    if (!this.interpreted.has(name)) return;
    if (this.seen.has(name)) throw invalid(this.at(name), 'comes twice');
    this.seen.add(name);
  }

  has(name: string): boolean {
    return this.seen.has(name);
  }

  /** Takes the text of the member at hand; `keepsSurrogates` leaves lone surrogates, so that a name with one can be refused. */
  capture(keepsSurrogates = false): TextSink {
    const { name } = this;
    return captureText(
      this.at(name),
      this.budget,
      (text) => {
        if (this.interpreted.has(name)) this.texts.set(name, text);
        else this.keep(name, text);
      },
      keepsSurrogates,
    );
  }

  /** The text of an interpreted member. */
  text(name: string): string | undefined {
    return this.texts.get(name);
  }

  keep(name: string, text: string): void {
    this.unknown.push(`${JSON.stringify(name)}:${text}`);
  }

  /** All members that are kept, `"key":value,"key":value`: the unknown ones, and `others` among the interpreted. */
  kept(others: readonly string[] = []): string {
    const known = others.flatMap((name) => {
      const text = this.texts.get(name);
      return text === undefined ? [] : [`${JSON.stringify(name)}:${wellFormed(text)}`];
    });
    const all = [...known, ...this.unknown].join(',');
    if (Buffer.byteLength(all) > MAX_MEMBER_BYTES) throw tooMuchText(this.path);
    return all;
  }

  /**
   * The decoded text of a member that is a name: at most 1,024 characters, well-formed, without U+0000.
   * Absent and null are undefined.
   */
  nameText(name: string): string | undefined {
    const text = this.string(name);
    if (text === undefined) return undefined;
    if (text.includes('\0')) throw invalid(this.at(name), 'must not contain U+0000');
    if (!text.isWellFormed()) throw invalid(this.at(name), 'must not contain a lone surrogate');
    return text;
  }

  /** A string member of at most 1,024 characters. Absent and null are undefined. */
  string(name: string): string | undefined {
    const text = this.text(name);
    const value = text === undefined ? null : (JSON.parse(text) as unknown);
    if (value === null) return undefined;
    if (typeof value !== 'string') throw invalid(this.at(name), 'must be a string');
    if (characters(value) > MAX_NAME_CHARACTERS) {
      throw invalid(this.at(name), `must have at most ${MAX_NAME_CHARACTERS} characters`);
    }
    return value;
  }

  at(name: string): string {
    return `${this.path}.${name}`;
  }
}

/** Takes the text of one value, up to MAX_MEMBER_BYTES. */
export function captureText(
  path: string,
  budget: TextBudget,
  onText: (text: string) => void,
  keepsSurrogates = false,
): TextSink {
  const onEnd = (text: Buffer) => {
    budget.take(text.length);
    onText(text.toString('utf8'));
  };
  return new TextBuffer(MAX_MEMBER_BYTES, () => tooMuchText(path), onEnd, keepsSurrogates);
}

export function tooMuchText(path: string): Error {
  return invalid(path, `has more than ${MAX_MEMBER_BYTES} bytes of text beside its values and axes`);
}

/** Reads the members of a kept text that the service interprets; a name that comes twice among them is `invalid`. */
export function readMembers(text: string, path: string, names: readonly string[]): Record<string, unknown> {
  let value: unknown;
  const shape: JsonShape = { object: Object.fromEntries(names.map((name) => [name, 'value' as const])) };
  const scanner = new JsonScanner(new DocumentBuilder(shape, path, (built) => (value = built)));
  scanner.write(Buffer.from(text));
  scanner.end();
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

/** Refuses a value of the wrong kind before it is read. */
export function requireKind(kind: ValueKind, wanted: 'object' | 'array', path: string): void {
  if (kind !== wanted) throw invalid(path, wanted === 'object' ? 'must be an object' : 'must be a list');
}

/** JSON text whose lone surrogates, if any, are U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(ESCAPES, (escape) => (escape.length === LONE_LENGTH ? '\\ufffd' : escape));
}

/** A surrogate pair, a surrogate that stands alone, or the first two characters of any other escape. */
const ESCAPES = /\\(?:u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|u[dD][89a-fA-F][\da-fA-F]{2}|[^])/g;
const LONE_LENGTH = 6;

function characters(text: string): number {
  return text.length <= MAX_NAME_CHARACTERS ? text.length : countCharacters(text);
}

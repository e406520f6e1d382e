import { type AppError, invalid } from '../errors/app-error.js';
import { describeByte, MAX_TOKEN_BYTES, NumberArrayText } from './number-array-text.js';
import { StringText } from './string-text.js';
import type { TextSink } from './text-sink.js';

/** What a value is, told by its first byte. */
export type ValueKind = 'object' | 'array' | 'string' | 'scalar';

/**
 * What to do with a value: read its members one by one (objects and arrays only), check its syntax and drop it,
 * hand its text to a sink, or read it as a list of numbers (arrays only).
 */
export type Disposition = 'enter' | 'skip' | TextSink | NumberArrayText;

/** Follows the scanner through a document. Whatever it throws ends the scan. */
export interface JsonHandler {
  /** A member of an entered object; `loneSurrogate` where its name held one (it is U+FFFD in `name`). */
  key(name: string, loneSurrogate: boolean): void;
  value(kind: ValueKind): Disposition;
  endObject(): void;
  endArray(): void;
}

/**
 * A strict JSON scanner (RFC 8259) that is fed chunks of any size and never holds a document: it validates every
 * byte once and passes on what its handler asks for. The input must be UTF-8 (see Utf8Check). Syntax errors are
 * `invalid` and name the byte. Property-tested against JSON.parse.
 */
export class JsonScanner {
  /** Accept NaN, Infinity and -Infinity (they read as null); the handler switches it. */
  nonFinite = false;
  /** Refuse numbers that a double can't hold; off only where the text is merely put aside. */
  requireDoubles = true;

  private expect = VALUE;
  /** What each open level is, from index 1: OBJECT or ARRAY. */
  private readonly levels = [0];
  private depth = 0;
  /** The depth at which a skipped or captured value began, or -1. */
  private captureDepth = -1;
  private sink: TextSink | undefined;
  private numbers: NumberArrayText | undefined;
  private token = '';
  private readonly string = new StringText();
  private readonly keySink = new KeySink();
  private stringIsKey = false;
  private offset = 0;
  private suspended = false;

  constructor(private readonly handler: JsonHandler) {}

  /** Ask from within the handler that `write` returns behind the token at hand. */
  suspend(): void {
    this.suspended = true;
  }

  /** Scans `chunk` from index `from`; returns the index behind what was read: the end, unless suspended. */
  write(chunk: Buffer, from = 0): number {
    this.suspended = false;
    let at = from;
    while (at < chunk.length && !this.isSuspended()) {
      const base = this.offset - at;
      if (this.numbers !== undefined) at = this.scanNumbers(chunk, at);
      else if (this.expect === IN_STRING) at = this.scanString(chunk, at);
      else if (this.expect === IN_TOKEN) at = this.scanToken(chunk, at);
      else at = this.scanStructure(chunk, at);
      this.offset = base + at;
    }
    return at;
  }

  /** The document has ended; throws where it was not whole. */
  end(): void {
    if (this.expect === IN_TOKEN && this.depth === 0) this.endToken();
    if (this.expect !== DONE) throw this.fault('ends too early');
  }

  /** Set by the handler while a token is read. */
  private isSuspended(): boolean {
    return this.suspended;
  }

  private scanNumbers(chunk: Buffer, from: number): number {
    const numbers = this.numbers as NumberArrayText;
    const at = numbers.write(chunk, from);
    if (numbers.done) {
      this.numbers = undefined;
      this.afterValue();
    }
    return at;
  }

  private scanStructure(chunk: Buffer, from: number): number {
    const byte = chunk[from] as number;
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) return from + 1;
    switch (this.expect) {
      case VALUE:
        return this.startValue(chunk, from, byte);
      case VALUE_OR_END:
        if (byte === CLOSE_ARRAY) return this.close(chunk, from, ARRAY);
        return this.startValue(chunk, from, byte);
      case KEY_OR_END:
        if (byte === CLOSE_OBJECT) return this.close(chunk, from, OBJECT);
        return this.startKey(chunk, from, byte);
      case KEY:
        return this.startKey(chunk, from, byte);
      case COLON:
        if (byte !== 0x3a) throw this.unexpected(byte);
        this.expect = VALUE;
        this.copy(chunk, from, from + 1);
        return from + 1;
      case AFTER_VALUE:
        return this.separator(chunk, from, byte);
      default:
        throw this.unexpected(byte);
    }
  }

  private separator(chunk: Buffer, at: number, byte: number): number {
    const level = this.levels[this.depth];
    if (byte === 0x2c) {
      this.expect = level === OBJECT ? KEY : VALUE;
      this.copy(chunk, at, at + 1);
      return at + 1;
    }
    if (byte === CLOSE_OBJECT && level === OBJECT) return this.close(chunk, at, OBJECT);
    if (byte === CLOSE_ARRAY && level === ARRAY) return this.close(chunk, at, ARRAY);
    throw this.unexpected(byte);
  }

  private startKey(chunk: Buffer, at: number, byte: number): number {
    if (byte !== QUOTE) throw this.unexpected(byte);
    this.stringIsKey = true;
    return this.startString(chunk, at, this.captureDepth >= 0 ? this.sink : this.keySink.reset());
  }

  private startValue(chunk: Buffer, at: number, byte: number): number {
    const kind = KINDS.get(byte);
    if (kind === undefined || (kind === 'scalar' && !this.mayStartToken(byte))) throw this.unexpected(byte);
    if (this.captureDepth < 0) {
      const disposition = this.handler.value(kind);
      if (disposition instanceof NumberArrayText) {
        this.numbers = disposition;
        return at + 1;
      }
      if (disposition === 'enter') {
        this.open(byte);
        return at + 1;
      }
      this.captureDepth = this.depth;
      this.sink = disposition === 'skip' ? undefined : disposition;
    }
    switch (kind) {
      case 'string':
        this.stringIsKey = false;
        return this.startString(chunk, at, this.sink);
      case 'scalar':
        this.token = '';
        this.expect = IN_TOKEN;
        return at;
      default:
        this.copy(chunk, at, at + 1);
        this.open(byte);
        return at + 1;
    }
  }

  private mayStartToken(byte: number): boolean {
    return this.nonFinite || (byte !== 0x4e && byte !== 0x49);
  }

  private open(byte: number): void {
    if (this.depth === MAX_DEPTH) throw this.fault(`is nested deeper than ${MAX_DEPTH} levels`);
    this.depth++;
    this.levels[this.depth] = byte === OPEN_OBJECT ? OBJECT : ARRAY;
    this.expect = byte === OPEN_OBJECT ? KEY_OR_END : VALUE_OR_END;
  }

  private close(chunk: Buffer, at: number, level: number): number {
    this.depth--;
    if (this.captureDepth < 0) {
      if (level === OBJECT) this.handler.endObject();
      else this.handler.endArray();
    } else {
      this.copy(chunk, at, at + 1);
    }
    this.afterValue();
    return at + 1;
  }

  /** A value is complete: ends a capture that began at this depth. */
  private afterValue(): void {
    this.expect = this.depth === 0 ? DONE : AFTER_VALUE;
    if (this.captureDepth !== this.depth) return;
    const { sink } = this;
    this.captureDepth = -1;
    this.sink = undefined;
    sink?.end();
  }

  private startString(chunk: Buffer, at: number, sink: TextSink | undefined): number {
    this.string.start(sink);
    sink?.write(chunk, at, at + 1);
    this.expect = IN_STRING;
    return at + 1;
  }

  private scanString(chunk: Buffer, from: number): number {
    const at = this.string.write(chunk, from);
    if (this.string.fault !== '') throw this.fault(this.string.fault, at - from);
    if (!this.string.done) return at;
    if (!this.stringIsKey) {
      this.afterValue();
    } else {
      this.expect = COLON;
      if (this.captureDepth < 0) this.handler.key(this.keySink.decode(), this.string.loneSurrogate);
    }
    return at;
  }

  private scanToken(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && !ENDS_TOKEN[chunk[at] as number]) at++;
    if (this.token.length + at - from > MAX_TOKEN_BYTES) throw this.fault('has a number that is too long');
    this.token += chunk.toString('latin1', from, at);
    if (at < chunk.length) this.endToken();
    return at;
  }

  private endToken(): void {
    const { token } = this;
    let text = token;
    if (NON_FINITE.has(token) && this.nonFinite) {
      if (this.sink?.keepsNonFinite !== true) text = 'null';
    } else if (token !== 'null' && token !== 'true' && token !== 'false') {
      if (!NUMBER.test(token)) throw this.fault(`has "${printable(token)}" where a value was expected`);
      if (this.requireDoubles && !Number.isFinite(Number(token))) {
        throw this.fault(`has the number ${printable(token)}, which is outside the range of a double`);
      }
    }
    if (this.sink !== undefined) {
      const bytes = Buffer.from(text, 'latin1');
      this.sink.write(bytes, 0, bytes.length);
    }
    this.afterValue();
  }

  private copy(chunk: Buffer, from: number, to: number): void {
    this.sink?.write(chunk, from, to);
  }

  private unexpected(byte: number): AppError {
    return this.fault(`has an unexpected ${describeByte(byte)}`);
  }

  private fault(wrong: string, ahead = 0): AppError {
    return invalid('body', `not valid JSON: ${wrong} at byte ${this.offset + ahead}`);
  }
}

/** Names of members are short; one buffer serves them all, since a key is decoded before the next begins. */
class KeySink implements TextSink {
  private bytes = Buffer.allocUnsafe(256);
  private length = 0;

  reset(): this {
    this.length = 0;
    return this;
  }

  write(bytes: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > MAX_KEY_BYTES) throw invalid('body', `a member's name is longer than ${MAX_KEY_BYTES} bytes`);
    if (needed > this.bytes.length) this.bytes = Buffer.concat([this.bytes], Math.max(needed, this.bytes.length * 2));
    bytes.copy(this.bytes, this.length, start, end);
    this.length = needed;
  }

  end(): void {}

  decode(): string {
    const inner = this.bytes.toString('utf8', 1, this.length - 1);
    return inner.includes('\\') ? (JSON.parse(`"${inner}"`) as string) : inner;
  }
}

export const MAX_DEPTH = 256;
const MAX_KEY_BYTES = 64 * 1024;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const NON_FINITE: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

const OBJECT = 1;
const ARRAY = 2;
const QUOTE = 0x22;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

// What may come next.
const VALUE = 0;
const VALUE_OR_END = 1;
const KEY_OR_END = 2;
const KEY = 3;
const COLON = 4;
const AFTER_VALUE = 5;
const IN_STRING = 6;
const IN_TOKEN = 7;
const DONE = 8;

const KINDS = new Map<number, ValueKind>();
KINDS.set(OPEN_OBJECT, 'object').set(OPEN_ARRAY, 'array').set(QUOTE, 'string');
for (const character of '-0123456789tfnNI') KINDS.set(character.charCodeAt(0), 'scalar');
const ENDS_TOKEN = Uint8Array.from({ length: 256 }, (_, byte) =>
  ' \t\n\r,]}:"[{'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

function printable(token: string): string {
  return token.slice(0, 40).replace(/[^\x20-\x7e]/g, '?');
}

import { invalid } from '../errors/app-error.js';
import type { BufferPool } from './buffer-pool.js';

/**
 * A JSON array of numbers, read byte by byte as its chunks come: validated against the strict number grammar
 * (RFC 8259, plus NaN, Infinity and -Infinity as Python prints them), counted, and normalised: white space is
 * dropped, non-finite numbers become null, every other token keeps the very text that was sent.
 *
 * It is driven by one table: (state, byte) → next state, and whether the byte is kept. That makes one pass of a few
 * operations a byte; no JavaScript number is built, except for the rare token that may exceed a double.
 */
export class NumberArrayText {
  /** Elements so far. */
  count = 0;
  /** True once the closing bracket was read. */
  done = false;

  private text: Buffer;
  private length = 0;
  private tokenStart = 1;
  private state = FIRST;
  private literal = '';
  private literalAt = 0;

  /**
   * @param field the path of this array, for errors: `estimators[0].pages[2].data.values`
   * @param onText takes the normalised text piece by piece, each to be given back; only the last is shorter than `pieceBytes`
   * @param buffers whence the memory for the text comes
   */
  constructor(
    private readonly field: string,
    private readonly onText: (piece: LentText) => void,
    private readonly pieceBytes: number,
    private readonly buffers: BufferPool,
  ) {
    this.text = buffers.take(LEAST_BUFFER_BYTES);
    this.push(OPEN_BRACKET);
  }

  /** Reads `chunk` from index `from` (behind the opening bracket at first); returns the index behind what it read. */
  write(chunk: Buffer, from: number): number {
    this.reserve(chunk.length - from);
    let at = from;
    while (at < chunk.length && !this.done) {
      at = this.literal === '' ? this.scan(chunk, at) : this.scanLiteral(chunk, at);
    }
    if (!this.done) this.requireShort(this.length);
    if (this.done || this.length >= this.pieceBytes) this.flush();
    return at;
  }

  /** The hot loop: copies number text, drops white space, and leaves all that is rarer to `special`. */
  private scan(chunk: Buffer, from: number): number {
    const { text } = this;
    let { state, length } = this;
    let at = from;
    let step = 0;
    for (; at < chunk.length; at++) {
      const byte = chunk[at] as number;
      step = TABLE[(state << 8) | byte] as number;
      if (step < SKIP) {
        text[length++] = byte;
        state = step;
        if (DIGITS[state] === 0) continue;
        // Most bytes are digits behind a digit; they need no table.
        for (let digit = chunk[at + 1] as number; (digit ^ 0x30) < 10; digit = chunk[at + 1] as number) {
          text[length++] = digit;
          at++;
        }
      } else if (step < SPECIAL) {
        state = step - SKIP;
      } else if (step === COMMA) {
        if (state >= EXPONENT || length - this.tokenStart > SURELY_FINITE_DIGITS) this.requireDouble(length);
        text[length++] = byte;
        this.tokenStart = length;
        this.count++;
        state = NEXT;
      } else {
        break;
      }
    }
    this.length = length;
    this.state = state;
    return at === chunk.length ? at : this.special(step, chunk[at] as number, at);
  }

  private special(step: number, byte: number, at: number): number {
    if (step === END) {
      if (this.state !== FIRST) {
        if (this.length - this.tokenStart > SURELY_FINITE_DIGITS || this.state >= EXPONENT)
          this.requireDouble(this.length);
        this.count++;
      }
      this.push(CLOSE_BRACKET);
      this.done = true;
    } else if (step === LITERAL) {
      if (this.state === MINUS) this.length--;
      this.literal = byte === N_LOWER ? 'null' : byte === N_UPPER ? 'NaN' : 'Infinity';
      this.literalAt = 1;
    } else if (WRONG_TYPES.includes(byte) && (this.state === FIRST || this.state === NEXT)) {
      throw this.fault('must be a number');
    } else {
      throw this.fault(`unexpected ${describeByte(byte)} in a list of numbers`);
    }
    return at + 1;
  }

  private scanLiteral(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && this.literalAt < this.literal.length) {
      if (chunk[at++] !== this.literal.charCodeAt(this.literalAt++)) throw this.fault('must be a number');
    }
    if (this.literalAt === this.literal.length) {
      this.length += this.text.write('null', this.length, 'latin1');
      this.literal = '';
      this.state = AFTER;
    }
    return at;
  }

  /** Checked at the end of a long token, so that it doesn't matter where chunks end; and of one that has no end yet. */
  private requireShort(end: number): void {
    if (end - this.tokenStart > MAX_TOKEN_BYTES) throw this.fault('is too long for a number');
  }

  private requireDouble(end: number): void {
    this.requireShort(end);
    const token = this.text.toString('latin1', this.tokenStart, end);
    if (!Number.isFinite(token === 'null' ? 0 : Number(token))) throw this.fault('is outside the range of a double');
  }

  private fault(wrong: string): Error {
    return invalid(`${this.field}[${this.count}]`, wrong);
  }

  private push(byte: number): void {
    this.text[this.length++] = byte;
  }

  /** Worst growth: NaN (3 bytes) becomes null (4), so four thirds, and some slack for a literal across chunks. */
  private reserve(incoming: number): void {
    const needed = this.length + Math.ceil((incoming * 4) / 3) + 16;
    if (needed <= this.text.length) return;
    const { text } = this;
    this.goOnIn(this.buffers.take(Math.max(needed, text.length * 2)), 0);
    this.buffers.give(text);
  }

  /** Hands over whole tokens only, so that an unfinished one stays in one piece for its range check. */
  private flush(): void {
    const { text, buffers } = this;
    const whole = this.done ? this.length : this.tokenStart;
    if (whole === 0) return;
    if (!this.done) this.goOnIn(buffers.take(LEAST_BUFFER_BYTES), whole);
    this.length -= whole;
    this.tokenStart = 0;
    this.onText({ text: text.subarray(0, whole), giveBack: () => buffers.give(text) });
  }

  private goOnIn(buffer: Buffer, from: number): void {
    this.text.copy(buffer, 0, from, this.length);
    this.text = buffer;
  }
}

/** Text in a buffer that goes back once nobody reads it any more. */
export interface LentText {
  readonly text: Buffer;
  readonly giveBack: () => void;
}

/** Holds the longest token, and all of most axes. */
const LEAST_BUFFER_BYTES = 8 * 1024;

/** A byte as an error shows it: printable ASCII quoted, the rest as a code. */
export function describeByte(byte: number): string {
  if (byte === 0x22) return `'"'`;
  return byte > 0x20 && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : `byte 0x${byte.toString(16).padStart(2, '0')}`;
}

/** Number text longer than this is no number that anybody measured; it also bounds the memory of a token. */
export const MAX_TOKEN_BYTES = 4096;
/** So many digits without an exponent are below 1.7976931348623157e308 for sure. */
const SURELY_FINITE_DIGITS = 300;

const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const N_LOWER = 0x6e;
const N_UPPER = 0x4e;
const WRONG_TYPES = Array.from('"{[tf', (character) => character.charCodeAt(0));

// States: what was read last. From EXPONENT on, the token at hand has an exponent.
const FIRST = 0;
const NEXT = 1;
const MINUS = 2;
const ZERO = 3;
const INTEGER = 4;
const POINT = 5;
const FRACTION = 6;
const AFTER = 7;
const EXPONENT = 8;
const EXPONENT_SIGN = 9;
const EXPONENT_DIGIT = 10;
const AFTER_EXPONENT = 11;

// Steps: below SKIP the byte is kept and this is the next state; below SPECIAL it is dropped.
const SKIP = 16;
const SPECIAL = 32;
const COMMA = 32;
const END = 33;
const LITERAL = 34;
const BAD = 35;

/** 1 for the states in which any digit leads to the same state. */
const DIGITS = Uint8Array.from({ length: SKIP }, (_, state) =>
  state === INTEGER || state === FRACTION || state === EXPONENT_DIGIT ? 1 : 0,
);

const TABLE = buildTable();

function buildTable(): Uint8Array {
  const table = new Uint8Array(12 * 256).fill(BAD);
  const on = (state: number, characters: string, step: number) => {
    for (const character of characters) table[(state << 8) | character.charCodeAt(0)] = step;
  };
  const digits = '0123456789';
  for (const state of [FIRST, NEXT, MINUS]) {
    on(state, '123456789', INTEGER);
    on(state, '0', ZERO);
    on(state, state === MINUS ? 'I' : 'nNI', LITERAL);
    if (state !== MINUS) on(state, '-', MINUS);
  }
  on(INTEGER, digits, INTEGER);
  for (const state of [POINT, FRACTION]) on(state, digits, FRACTION);
  for (const state of [ZERO, INTEGER]) on(state, '.', POINT);
  for (const state of [ZERO, INTEGER, FRACTION]) on(state, 'eE', EXPONENT);
  on(EXPONENT, '+-', EXPONENT_SIGN);
  for (const state of [EXPONENT, EXPONENT_SIGN, EXPONENT_DIGIT]) on(state, digits, EXPONENT_DIGIT);
  for (const state of [ZERO, INTEGER, FRACTION, AFTER, EXPONENT_DIGIT, AFTER_EXPONENT]) {
    on(state, ' \t\n\r', SKIP + (state < EXPONENT ? AFTER : AFTER_EXPONENT));
    on(state, ',', COMMA);
    on(state, ']', END);
  }
  on(FIRST, ' \t\n\r', SKIP + FIRST);
  on(NEXT, ' \t\n\r', SKIP + NEXT);
  on(FIRST, ']', END);
  return table;
}

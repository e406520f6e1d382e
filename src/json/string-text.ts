import type { TextSink } from './text-sink.js';

/**
 * The inside of one JSON string, read byte by byte as its chunks come: escapes are validated, and the text is passed
 * on as sent, except that a lone surrogate (`\ud800` without its partner), which no UTF-8 text can hold, becomes
 * `\ufffd` unless the sink keeps them.
 */
export class StringText {
  done = false;
  loneSurrogate = false;
  /** What is wrong, empty while all is well. */
  fault = '';

  private sink: TextSink | undefined;
  private keepsSurrogates = false;
  /** Digits of an escape: -1 outside of one, 0 right behind the backslash, then 1 to 4 behind `u`. */
  private escape = -1;
  private digits = '';
  /** A high surrogate that waits for its partner, as its four digits. */
  private high = '';

  /** The opening quote was read. */
  start(sink: TextSink | undefined): void {
    this.sink = sink;
    this.keepsSurrogates = sink?.keepsSurrogates === true;
    this.done = false;
    this.loneSurrogate = false;
    this.escape = -1;
    this.high = '';
  }

  /** Reads up to and with the closing quote; returns the index behind what was read (at the faulty byte on a fault). */
  write(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && !this.done) {
      if (this.escape >= 0) {
        if (!this.takeEscape(chunk[at] as number)) return at;
        at++;
        continue;
      }
      const end = plainEnd(chunk, at);
      if (end > at) {
        this.settleHigh();
        this.sink?.write(chunk, at, end);
        at = end;
        if (at === chunk.length) return at;
      }
      const byte = chunk[at] as number;
      if (byte === BACKSLASH) {
        this.escape = 0;
      } else if (byte === QUOTE) {
        this.settleHigh();
        this.sink?.write(chunk, at, at + 1);
        this.done = true;
      } else {
        this.fault = 'has a control character in a string';
        return at;
      }
      at++;
    }
    return at;
  }

  private takeEscape(byte: number): boolean {
    const character = String.fromCharCode(byte);
    if (this.escape === 0) {
      if (character === 'u') {
        this.escape = 1;
        this.digits = '';
        return true;
      }
      const pair = SHORT_ESCAPES.get(byte);
      if (pair === undefined) return this.fail('has an unknown escape in a string');
      this.settleHigh();
      this.sink?.write(pair, 0, 2);
      this.escape = -1;
      return true;
    }
    if (!/[0-9a-fA-F]/.test(character)) return this.fail('has a malformed \\u escape in a string');
    this.digits += character;
    if (this.escape < 4) {
      this.escape++;
      return true;
    }
    this.escape = -1;
    this.takeUnit();
    return true;
  }

  /** One UTF-16 code unit written as an escape. */
  private takeUnit(): void {
    const unit = parseInt(this.digits, 16);
    const isLow = unit >= 0xdc00 && unit <= 0xdfff;
    if (this.high !== '' && isLow) {
      this.emit(`\\u${this.high}\\u${this.digits}`);
      this.high = '';
      return;
    }
    this.settleHigh();
    if (unit >= 0xd800 && unit <= 0xdbff) this.high = this.digits;
    else if (isLow) this.emitLone(this.digits);
    else this.emit(`\\u${this.digits}`);
  }

  private settleHigh(): void {
    if (this.high === '') return;
    const digits = this.high;
    this.high = '';
    this.emitLone(digits);
  }

  private emitLone(digits: string): void {
    this.loneSurrogate = true;
    this.emit(this.keepsSurrogates ? `\\u${digits}` : '\\ufffd');
  }

  private emit(text: string): void {
    if (this.sink === undefined) return;
    const bytes = Buffer.from(text, 'latin1');
    this.sink.write(bytes, 0, bytes.length);
  }

  private fail(fault: string): false {
    this.fault = fault;
    return false;
  }
}

/** The index of the next quote, backslash or control character. */
function plainEnd(chunk: Buffer, from: number): number {
  let at = from;
  while (at < chunk.length && IS_PLAIN[chunk[at] as number]) at++;
  return at;
}

const SHORT_ESCAPES = new Map(
  Array.from('"\\/bfnrt', (one) => [one.charCodeAt(0), Buffer.from(`\\${one}`, 'latin1')] as const),
);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const IS_PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

import { isUtf8 } from 'node:buffer';
import { invalid } from '../errors/app-error.js';

/** Checks that chunk after chunk is UTF-8; a character may be cut by the end of a chunk. */
export class Utf8Check {
  private cut = NOTHING;

  /** Throws `invalid` at the first chunk that is not. */
  write(chunk: Buffer): void {
    const whole = this.cut.length === 0 ? chunk : Buffer.concat([this.cut, chunk]);
    const end = lastCompleteCharacter(whole);
    if (!isUtf8(end === whole.length ? whole : whole.subarray(0, end))) throw invalid('body', 'is not valid UTF-8');
    this.cut = end === whole.length ? NOTHING : Buffer.from(whole.subarray(end));
  }

  end(): void {
    if (this.cut.length > 0) throw invalid('body', 'is not valid UTF-8');
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

/** The index behind the last character that is complete: at most three bytes may wait for the next chunk. */
function lastCompleteCharacter(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return bytes.length;
    if (byte >= 0xc0) {
      const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

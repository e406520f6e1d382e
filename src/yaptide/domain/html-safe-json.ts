/** Code of a character that HTML takes for markup → its character reference. */
const REFERENCES: ReadonlyMap<number, Buffer> = new Map(
  (['&amp;', '&lt;', '&gt;'] as const).map((text, index) => ['&<>'.charCodeAt(index), Buffer.from(text)]),
);
const BACKSLASH = 0x5c;
/** By code: 1 where a character needs a second look. */
const LOOK_TWICE = new Uint8Array(256);
for (const code of [BACKSLASH, ...REFERENCES.keys()]) LOOK_TWICE[code] = 1;
const LOWER_U = 0x75;
/** Of an escape that names a code unit: backslash, u, four hexadecimal digits. */
const UNIT_BYTES = 6;
const NOTHING = Buffer.alloc(0);

/**
 * Rewrites a JSON text in UTF-8 while it comes, in pieces cut anywhere, so that every string of it, names too, has `&`, `<` and
 * `>` as HTML character references: markup shows as the text that it is. All three stand in JSON within strings only, as
 * themselves or as an escape (`\\u003c`). What is no valid JSON stays as it is.
 */
export class HtmlSafeJson {
  /** The beginning of an escape whose end is yet to come. */
  private pending = NOTHING;

  /** @returns the part of the rewritten text that is certain by now */
  write(piece: Buffer): Buffer {
    const text = this.pending.length === 0 ? piece : Buffer.concat([this.pending, piece]);
    const parts: Buffer[] = [];
    let from = 0;
    let at = 0;
    while (at < text.length) {
      const code = text[at] as number;
      if (LOOK_TWICE[code] === 0) {
        at++;
        continue;
      }
      const length = code === BACKSLASH ? escapeLength(text, at) : 1;
      if (at + length > text.length) break;
      const reference = REFERENCES.get(length === UNIT_BYTES ? unitOf(text, at) : code);
      if (reference !== undefined) {
        parts.push(text.subarray(from, at), reference);
        from = at + length;
      }
      at += length;
    }
    parts.push(text.subarray(from, at));
    this.pending = at === text.length ? NOTHING : Buffer.from(text.subarray(at));
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** The rest, once all has been written. */
  end(): Buffer {
    return this.pending;
  }
}

/** How long the escape at a backslash is, also where its end is yet to come. */
function escapeLength(text: Buffer, at: number): number {
  return text[at + 1] === LOWER_U ? UNIT_BYTES : 2;
}

/** The code unit that an escape names; NaN where it is none. */
function unitOf(text: Buffer, at: number): number {
  return Number(`0x${text.toString('latin1', at + 2, at + UNIT_BYTES)}`);
}

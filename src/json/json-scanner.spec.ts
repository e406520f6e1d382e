import fc from 'fast-check';
import { type Disposition, type JsonHandler, JsonScanner } from './json-scanner.js';
import { BufferPool } from './buffer-pool.js';
import { NumberArrayText } from './number-array-text.js';
import { TextBuffer } from './text-buffer.js';
import { Utf8Check } from './utf8-check.js';

/** Cuts a text into chunks at pseudo-random places, so that every token is cut sooner or later. */
function* cut(text: Buffer, seed: number): Generator<Buffer> {
  let state = seed;
  for (let at = 0; at < text.length;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const end = Math.min(text.length, at + 1 + (state % 7));
    yield text.subarray(at, end);
    at = end;
  }
}

function scan(text: Buffer, handler: JsonHandler, seed: number, nonFinite = false): void {
  const scanner = new JsonScanner(handler);
  const utf8 = new Utf8Check();
  scanner.nonFinite = nonFinite;
  for (const chunk of cut(text, seed)) {
    utf8.write(chunk);
    expect(scanner.write(chunk)).toBe(chunk.length);
  }
  scanner.end();
  utf8.end();
}

/** Captures the whole document as text. */
function capture(text: Buffer | string, seed = 1, nonFinite = false, keep = false): string {
  let captured = '';
  const sink = () => {
    const buffer = new TextBuffer(
      1e9,
      () => new RangeError(),
      (bytes) => (captured = bytes.toString()),
      keep,
    );
    return Object.assign(buffer, { keepsNonFinite: keep });
  };
  const handler: JsonHandler = { key: unexpected, value: sink, endObject: unexpected, endArray: unexpected };
  scan(Buffer.from(text), handler, seed, nonFinite);
  return captured;
}

function unexpected(): never {
  throw new Error('nothing was entered');
}

/** Enters everything and lists what comes. */
function events(text: string, seed: number): string[] {
  const seen: string[] = [];
  const handler: JsonHandler = {
    key: (name) => seen.push(`key ${name}`),
    value: (kind): Disposition => {
      if (kind === 'object' || kind === 'array') {
        seen.push(kind);
        return 'enter';
      }
      return new TextBuffer(
        1e9,
        () => new RangeError(),
        (bytes) => seen.push(JSON.stringify(JSON.parse(bytes.toString()))),
      );
    },
    endObject: () => seen.push('end object'),
    endArray: () => seen.push('end array'),
  };
  scan(Buffer.from(text), handler, seed);
  return seen;
}

function expectedEvents(value: unknown): string[] {
  if (Array.isArray(value)) return ['array', ...value.flatMap(expectedEvents), 'end array'];
  if (value === null || typeof value !== 'object') return [JSON.stringify(value)];
  const members = Object.entries(value).flatMap(([name, member]) => [`key ${name}`, ...expectedEvents(member)]);
  return ['object', ...members, 'end object'];
}

const seed = fc.integer({ min: 1, max: 2 ** 31 });
const json = fc.json({ maxDepth: 5, noUnicodeString: false });

test('a captured document is what JSON.parse reads, whatever the chunks', () => {
  fc.assert(
    fc.property(json, seed, fc.constantFrom(0, 1, 3), (text, at, indent) => {
      const value = JSON.parse(text) as unknown;
      expect(JSON.parse(capture(JSON.stringify(value, null, indent), at))).toStrictEqual(value);
    }),
  );
});

test('an entered document is followed member by member', () => {
  fc.assert(
    fc.property(json, seed, (text, at) => {
      // JSON.parse reorders integer-like names; the comparison goes through the same order.
      const value = JSON.parse(text) as unknown;
      expect(events(JSON.stringify(value), at)).toStrictEqual(expectedEvents(value));
    }),
  );
});

test('a damaged document is refused exactly where JSON.parse refuses it', () => {
  const damage = fc.tuple(
    fc.nat(),
    fc.constantFrom('', ',', '"', '\\', '{', ']', '0', '-', 'e', '.', '\u0001', 'tru', ' '),
  );
  fc.assert(
    fc.property(json, damage, seed, (text, [where, what], at) => {
      const place = where % (text.length + 1);
      const damaged = text.slice(0, place) + what + text.slice(place + 1);
      expect(accepts(() => capture(damaged, at))).toBe(accepts(() => finiteOnly(damaged)));
    }),
    { numRuns: 2_000 },
  );
});

function finiteOnly(text: string): void {
  JSON.parse(text, (_, value: unknown) => {
    if (value === Infinity || value === -Infinity) throw new RangeError();
    return value;
  });
}

function accepts(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

const numberText = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom(
    '0',
    '-0',
    '0.10',
    '1E5',
    '1e-400',
    '2.2250738585072014e-308',
    '123456789012345678901234567890',
    '1.50e+3',
    'null',
  ),
  fc.constantFrom('NaN', 'Infinity', '-Infinity'),
);

const buffers = new BufferPool(1e6);

test('a list of numbers keeps its tokens, drops white space and turns non-finite numbers into null', () => {
  const space = fc.constantFrom('', ' ', '\n  ', '\t');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(space, numberText, space)),
      seed,
      fc.integer({ min: 1, max: 60 }),
      (items, at, piece) => {
        const text = `[${items.map((item) => item.join('')).join(',')}]`;
        const pieces: string[] = [];
        const list = new NumberArrayText(
          'values',
          ({ text, giveBack }) => {
            pieces.push(text.toString());
            giveBack();
          },
          piece,
          buffers,
        );
        const handler: JsonHandler = {
          key: unexpected,
          value: () => list,
          endObject: unexpected,
          endArray: unexpected,
        };
        scan(Buffer.from(text), handler, at, true);
        const tokens = items.map(([, token]) => (/N|I/.test(token) ? 'null' : token));
        expect(pieces.join('')).toBe(`[${tokens.join(',')}]`);
        expect(list.count).toBe(items.length);
      },
    ),
  );
});

test.each([
  '1,',
  '01',
  '-',
  '1.',
  '.5',
  '1e',
  '+1',
  '1 2',
  'nul',
  'nan',
  '"1"',
  '[1]',
  '{}',
  'true',
  '1e999',
  '-1e999',
  '9'.repeat(400),
  '--1',
  '-NaN',
  ',1',
])('a list with %s is refused', (inner) => {
  const list = new NumberArrayText('values', () => undefined, 1e6, buffers);
  const handler: JsonHandler = { key: unexpected, value: () => list, endObject: unexpected, endArray: unexpected };
  expect(() => scan(Buffer.from(`[${inner}]`), handler, 3, true)).toThrow(/values\[|body: not valid JSON/);
});

test('a lone surrogate becomes U+FFFD, a pair stays, and a sink may keep both', () => {
  const text = String.raw`{"\ud800":"\udc00 \ud83d\ude00 \ud800A \ud800\ud83d\ude00 \uD83Dx"}`;
  expect(capture(text)).toBe(String.raw`{"\ufffd":"\ufffd \ud83d\ude00 \ufffdA \ufffd\ud83d\ude00 \ufffdx"}`);
  expect(capture(text, 1, false, true)).toBe(text);
});

test('NaN and infinities are refused unless allowed', () => {
  expect(() => capture('[NaN]')).toThrow('body: not valid JSON: has an unexpected "N" at byte 1');
  expect(() => capture('[-Infinity]')).toThrow('"-Infinity" where a value was expected');
  expect(capture('{"a":[NaN,-Infinity,Infinity]}', 1, true)).toBe('{"a":[null,null,null]}');
  expect(capture('{"a": [NaN]}', 1, true, true)).toBe('{"a":[NaN]}');
});

test('nesting beyond 256 levels is refused, and never overflows a stack', () => {
  expect(capture(`${'['.repeat(256)}${']'.repeat(256)}`)).toHaveLength(512);
  expect(() => capture('['.repeat(100_000))).toThrow('nested deeper than 256 levels');
});

test('invalid UTF-8 is refused, also where a chunk cuts a character', () => {
  expect(capture('"żółć 😀"', 5)).toBe('"żółć 😀"');
  for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0x80]]) {
    const text = Buffer.concat([Buffer.from('"a'), Buffer.from(bad), Buffer.from('"')]);
    expect(() => capture(text, 5)).toThrow('body: is not valid UTF-8');
  }
});

test('a number in a list has 4,096 bytes at most, wherever chunks end', () => {
  const read = (text: Buffer, chunkBytes: number): number => {
    const numbers = new NumberArrayText('values', () => undefined, 1e9, buffers);
    for (let at = 0; at < text.length; at += chunkBytes) numbers.write(text.subarray(at, at + chunkBytes), 0);
    return numbers.count;
  };
  const list = (bytes: number) => Buffer.from(`1,0.${'1'.repeat(bytes - 2)},2]`);
  const last = (bytes: number) => Buffer.from(`1,0.${'1'.repeat(bytes - 2)}]`);
  for (const chunkBytes of [7, 4_096, 1e6]) {
    expect([read(list(4_096), chunkBytes), read(last(4_096), chunkBytes)]).toStrictEqual([3, 2]);
    for (const text of [list(4_097), last(4_097)]) {
      expect(() => read(text, chunkBytes)).toThrow('values[1]: is too long for a number');
    }
  }
});

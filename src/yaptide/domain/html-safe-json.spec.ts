import fc from 'fast-check';
import { HtmlSafeJson } from './html-safe-json.js';

/** Writes `text` in pieces that end at `cuts`. */
function rewritten(text: Buffer, cuts: readonly number[]): string {
  const rewriting = new HtmlSafeJson();
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
  const pieces = ends.map((end, index) => rewriting.write(text.subarray(ends[index - 1] ?? 0, end)));
  return Buffer.concat([...pieces, rewriting.end()]).toString();
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Every string of a value, names of members too. */
function escapedAll(value: unknown): unknown {
  if (typeof value === 'string') return escaped(value);
  if (Array.isArray(value)) return value.map(escapedAll);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [escaped(name), escapedAll(member)]));
}

test.each([
  ['"<script>"', '"&lt;script&gt;"'],
  [String.raw`"\u003cb\u003E"`, '"&lt;b&gt;"'],
  [String.raw`"\u0026lt;"`, '"&amp;lt;"'],
  [String.raw`"\\u003c"`, String.raw`"\\u003c"`],
  [String.raw`"\\\u003c"`, String.raw`"\\&lt;"`],
  [String.raw`"\\\\u003c<"`, String.raw`"\\\\u003c&lt;"`],
  [String.raw`"\"\u003D\u003c"`, String.raw`"\"\u003D&lt;"`],
  ['{"a<b":"µ☢"}', '{"a&lt;b":"µ☢"}'],
])('%s becomes %s, wherever it is cut', (text, expected) => {
  const bytes = Buffer.from(text);
  for (let cut = 0; cut <= bytes.length; cut++) expect(rewritten(bytes, [cut])).toBe(expected);
  expect(rewritten(bytes, [...bytes.keys()])).toBe(expected);
});

test('what is cut off in the middle of an escape comes out at the end', () => {
  expect(rewritten(Buffer.from(String.raw`"\u00`), [])).toBe(String.raw`"\u00`);
  expect(rewritten(Buffer.from('"\\'), [])).toBe('"\\');
});

/** One character of a JSON string literal, written in one of the ways in which JSON allows it. */
const character = fc.oneof(
  fc.constantFrom('<', '>', '&', 'u003c', '0026', 'é', '😀', ' '),
  fc.constantFrom(...['\\\\', '\\"', '\\/', '\\n', '\\u0000']),
  fc.constantFrom(...['\\u003c', '\\u003C', '\\u003e', '\\u003E', '\\u0026', '\\u005c', '\\u0022']),
);
const literal = fc.array(character, { maxLength: 30 }).map((parts) => `"${parts.join('')}"`);

test('for any text and any cuts, what is read is what was read before, escaped', () => {
  const document = fc
    .uniqueArray(fc.tuple(literal, literal), { maxLength: 4, selector: ([name]) => JSON.parse(name) as string })
    .map(
      (members) => `{"message":"Logfiles","logfiles":{${members.map(([name, text]) => `${name}:${text}`).join(',')}}}`,
    );
  fc.assert(
    fc.property(document, fc.array(fc.nat(2_000), { maxLength: 20 }), (text, cuts) => {
      expect(JSON.parse(rewritten(Buffer.from(text), cuts))).toStrictEqual(escapedAll(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});

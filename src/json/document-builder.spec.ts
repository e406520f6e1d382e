import fc from 'fast-check';
import { DocumentBuilder, type JsonShape } from './document-builder.js';
import { JsonScanner } from './json-scanner.js';

function build(text: string, shape: JsonShape, path = ''): unknown {
  let built: unknown;
  const scanner = new JsonScanner(new DocumentBuilder(shape, path, (value) => (built = value)));
  for (const byte of Buffer.from(text)) scanner.write(Buffer.from([byte]));
  scanner.end();
  return built;
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

test('a value is what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (text) => {
      expect(build(`{"a":${text}}`, { object: { a: 'value' } })).toEqual({ a: JSON.parse(text) as unknown });
      expect(plain(build(`[${text}]`, { array: 'value' }))).toStrictEqual(plain([JSON.parse(text)]));
    }),
  );
});

test('members that nobody interprets are dropped, even twice', () => {
  expect(plain(build('{"x":{"y":[1]},"a":1,"x":2}', { object: { a: 'value' } }))).toStrictEqual({ a: 1 });
});

test.each([
  ['{"a":1,"a":2}', { object: { a: 'value' } }, 'a: comes twice'],
  ['{"a":{"b":1,"b":1}}', { object: { a: { object: { b: 'value' } } } }, 'a.b: comes twice'],
  ['[{"b":1},{"b":1,"\\u0062":1}]', { array: { object: { b: 'value' } } }, '[1].b: comes twice'],
  ['{"m":{"x":"","x":""}}', { object: { m: { map: 'value' } } }, 'm.x: comes twice'],
] as [string, JsonShape, string][])('%s is refused: %s', (text, shape, message) => {
  expect(() => build(text, shape)).toThrow(message);
});

test('raw text is compact and otherwise as sent', () => {
  const built = build('{"input": {"b" : 1.0, "a":[ 1e2 ] } }', { object: { input: 'raw' } }) as { input: Buffer };
  expect(built.input.toString()).toBe('{"b":1.0,"a":[1e2]}');
});

test('a member named __proto__ is a member like any other', () => {
  const built = build('{"m":{"__proto__":"x"}}', { object: { m: { map: 'value' } } }) as { m: object };
  expect(Object.entries(built.m)).toStrictEqual([['__proto__', 'x']]);
});

test('what is not of the shape is read as a value', () => {
  expect(build('[1]', { object: {} })).toStrictEqual([1]);
});

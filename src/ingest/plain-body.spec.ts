import { Readable } from 'node:stream';
import fc from 'fast-check';
import { DocumentBuilder } from '../json/document-builder.js';
import { readPlainBody } from './plain-body.js';
import { readWorkerBody, type WorkerBody } from './worker-body.js';
import { WorkerEnvelope } from './worker-envelope.js';

const FORMAT = {
  envelope: WorkerEnvelope,
  scalars: ['simulation_id', 'update_key'] as const,
  content: 'content',
  maxBytes: 5_000,
};
const HEAD = '"simulation_id": "job", "update_key": "key"';

function bodyOf(text: string, updateKey?: string): WorkerBody {
  return { chunks: [Buffer.from(text)], updateKey };
}

function readPlain(body: WorkerBody) {
  return readPlainBody(body, FORMAT);
}

/** What `readWorkerBody` makes of it, in the same form. */
async function scanned(body: WorkerBody) {
  let content: unknown;
  const builder = new DocumentBuilder('value', 'content', (value) => (content = value));
  let updateKey = '';
  const authorize = async (_: unknown, key: string) => Promise.resolve((updateKey = key));
  const { envelope } = await readWorkerBody(body, FORMAT, authorize, builder);
  return { envelope, updateKey, content };
}

test.each([
  ['scalars and content', `{${HEAD}, "content": {"a": 1.50, "b": ["x", null, true]}}`],
  ['another order', `{"content": {}, ${HEAD}}`],
  ['members that nobody asked for', `{${HEAD}, "other": {"content": 1}, "content": 0}`],
  ['the same name in two objects', `{${HEAD}, "content": [{"a": 1}, {"a": 2}]}`],
  ['names that JavaScript knows', `{${HEAD}, "content": {"__proto__": {"a": 1}, "constructor": 2}}`],
])('what is plain is read as the scanner reads it: %s', async (_, text) => {
  const plain = readPlain(bodyOf(text));
  expect(plain).toBeDefined();
  expect(plain).toStrictEqual(await scanned(bodyOf(text)));
});

test('the key in the header stands for the one in the body', async () => {
  const text = '{"simulation_id": 5, "update_key": 7, "content": 1}';
  expect(readPlain(bodyOf(text, 'header'))).toStrictEqual(await scanned(bodyOf(text, 'header')));
  expect(readPlain(bodyOf(text, 'header'))?.updateKey).toBe('header');
});

test.each([
  ['a syntax error', `{${HEAD}, "content": nonsense}`],
  ['more than one value', `{${HEAD}, "content": 1} 2`],
  ['no object', '[1]'],
  ['no content', `{${HEAD}}`],
  ['no key', '{"simulation_id": "job", "content": 1}'],
  ['a wrong envelope', '{"simulation_id": "no/job", "update_key": "key", "content": 1}'],
  ['a member that comes twice', `{${HEAD}, "content": 1, "content": 2}`],
  ['one that comes twice inside', `{${HEAD}, "content": {"a": 1, "a": 1}}`],
  ['one that nobody asked for twice', `{${HEAD}, "other": {"a": "", "a": ""}, "content": 1}`],
  ['__proto__ twice', `{${HEAD}, "content": {"__proto__": 1, "__proto__": 2}}`],
  ['NaN', `{${HEAD}, "content": NaN}`],
  ['a number that is no double', `{${HEAD}, "content": 1e400}`],
  ['an escape', `{${HEAD}, "content": "\\u0041"}`],
  ['more than ASCII', `{${HEAD}, "content": "ä"}`],
  ['deep nesting', `{${HEAD}, "content": ${'['.repeat(17)}${']'.repeat(17)}}`],
  ['a long body', `{${HEAD}, "content": "${'x'.repeat(4096)}"}`],
])('%s is left to the scanner', (_, text) => {
  expect(readPlain(bodyOf(text))).toBeUndefined();
});

test('a body that comes in pieces, or as they arrive, is left to the scanner', () => {
  const pieces = [Buffer.from(`{${HEAD},`), Buffer.from('"content": 1}')];
  expect(readPlain({ chunks: pieces })).toBeUndefined();
  expect(readPlain({ chunks: Readable.from(pieces) })).toBeUndefined();
});

test('whatever is sent, it is read as the scanner reads it or not at all', async () => {
  const value = fc.jsonValue({ maxDepth: 4 }).map((one) => JSON.stringify(one));
  const name = fc.constantFrom('simulation_id', 'update_key', 'content', 'other', '__proto__');
  const text = fc.constantFrom('"job"', '"key"', '7', '1e400', '{"a":1,"a":2}', '{"a":{"b":"c"}}');
  const member = fc.tuple(name, fc.oneof(text, value)).map(([key, one]) => `"${key}":${one}`);
  const members = fc.array(member, { maxLength: 4 });
  const body = fc
    .tuple(fc.boolean(), members)
    .map(([hasHead, all]) => `{${[...(hasHead ? [HEAD] : []), ...all].join()}}`);
  await fc.assert(
    fc.asyncProperty(body, async (sent) => {
      const plain = readPlain(bodyOf(sent));
      if (plain !== undefined) expect(plain).toStrictEqual(await scanned(bodyOf(sent)));
    }),
    { numRuns: 2_000 },
  );
});

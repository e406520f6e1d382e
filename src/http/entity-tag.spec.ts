import { entityTag, matchesAnything, matchesTag } from './entity-tag.js';

const tag = entityTag('data', 'gzip');

test('a tag is strong, and one of its own for each encoding and each state of the data', () => {
  expect(tag).toMatch(/^"[\w-]+-gzip"$/);
  expect(
    new Set([tag, entityTag('data', 'deflate'), entityTag('data', 'identity'), entityTag('other', 'gzip')]).size,
  ).toBe(4);
  expect(entityTag('data', 'gzip')).toBe(tag);
});

test.each([
  [tag, true],
  [`W/${tag}`, true],
  [`"a", ${tag} , "b"`, true],
  ['*', true],
  ['"other"', false],
  [undefined, false],
  [tag.slice(1, -1), false],
])('If-None-Match %s matches: %s', (header, expected) => {
  expect(matchesTag(header, tag)).toBe(expected);
});

test('only * is satisfied by anything', () => {
  expect(matchesAnything('*')).toBe(true);
  expect(matchesAnything(tag)).toBe(false);
  expect(matchesAnything(undefined)).toBe(false);
});

import { passwordFault, usernameFault } from './credentials.js';

describe('user names', () => {
  it.each(['a', 'Ada Lovelace', 'ada@example.org', 'żółć', '😀'.repeat(64), 'x'.repeat(64)])('accepts %j', (name) => {
    expect(usernameFault(name)).toBeUndefined();
  });

  it.each([
    ['', 'must have 1 to 64 characters'],
    ['x'.repeat(65), 'must have 1 to 64 characters'],
    ['a\u0000b', 'must not hold control characters'],
    ['a\nb', 'must not hold control characters'],
    ['a\u0085b', 'must not hold control characters'],
    ['a\ud800', 'must not hold lone surrogates'],
    [' ada', 'must not begin or end with a space'],
    ['ada\u00a0', 'must not begin or end with a space'],
    [42, 'must be a string'],
    [null, 'must be a string'],
    [undefined, 'must be a string'],
    [['ada'], 'must be a string'],
  ])('refuses %j: %s', (name, fault) => {
    expect(usernameFault(name)).toBe(fault);
  });
});

describe('passwords', () => {
  it.each(['12345678', ' spaces around ', 'a\u0000b\ud800cdefg', '😀'.repeat(128)])('accepts %j', (password) => {
    expect(passwordFault(password)).toBeUndefined();
  });

  it.each([
    ['1234567', 'must have 8 to 128 characters'],
    ['😀'.repeat(7), 'must have 8 to 128 characters'],
    ['x'.repeat(129), 'must have 8 to 128 characters'],
    [12345678, 'must be a string'],
    [undefined, 'must be a string'],
  ])('refuses %j: %s', (password, fault) => {
    expect(passwordFault(password)).toBe(fault);
  });
});

import { Passwords } from './passwords.js';

describe('passwords', () => {
  const passwords = new Passwords();

  it('are kept as argon2id with the parameters we mean', async () => {
    expect(await passwords.hash('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('match their own hash and no other', async () => {
    const stored = await passwords.hash('correct horse');
    expect(await passwords.matches('correct horse', stored)).toBe(true);
    expect(await passwords.matches('correct horsf', stored)).toBe(false);
  });

  it('match nothing where there is no user, whatever is sent', async () => {
    expect(await passwords.matches('correct horse', undefined)).toBe(false);
    expect(await passwords.matches('a\u0000\ud800 odd one', undefined)).toBe(false);
  });

  it('are refused with a time to wait where too many come at once', async () => {
    const all = await Promise.allSettled(
      Array.from({ length: 80 }, () => passwords.matches('correct horse', undefined)),
    );
    const refused = all.filter((one) => one.status === 'rejected');
    expect(refused).toHaveLength(80 - 2 - 64);
    expect(refused[0]?.reason).toMatchObject({ kind: 'unavailable', retryAfter: 1 });
  });
});

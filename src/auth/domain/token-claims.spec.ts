import { readClaims, tokenFault } from './token-claims.js';

describe('token claims', () => {
  const payload = { use: 'access', sub: '7', username: 'ada', roles: ['admin'], epoch: 3, exp: 1_800_000_000 };

  it('are read where all of them are there', () => {
    const claims = { use: 'access', userId: 7, username: 'ada', roles: ['admin'], epoch: 3, exp: 1_800_000_000 };
    expect(readClaims({ ...payload, iss: 'tallyhouse' })).toEqual(claims);
  });

  it.each([
    { ...payload, use: 'session' },
    { ...payload, use: undefined },
    { ...payload, sub: 7 },
    { ...payload, sub: '0' },
    { ...payload, sub: '7 OR 1=1' },
    { ...payload, username: null },
    { ...payload, roles: 'admin' },
    { ...payload, roles: [1] },
    { ...payload, epoch: '3' },
    { ...payload, exp: undefined },
    'text',
    null,
    [],
  ])('are refused in %j', (other) => {
    expect(readClaims(other)).toBeUndefined();
  });

  it('say of an expired token that it expired, of any other nothing in particular', () => {
    expect(tokenFault(Object.assign(new Error('jwt expired'), { name: 'TokenExpiredError' }))).toBe('Token expired');
    expect(tokenFault(new Error('invalid signature'))).toBe('Invalid token');
    expect(tokenFault(undefined)).toBe('Invalid token');
  });
});

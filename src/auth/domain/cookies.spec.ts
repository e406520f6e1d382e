import fc from 'fast-check';
import { readCookie, setCookie } from './cookies.js';

describe('reading a Cookie header', () => {
  it.each([
    ['access_token=a.b.c', 'a.b.c'],
    ['theme=dark; access_token=a.b.c; refresh_token=d.e.f', 'a.b.c'],
    ['theme=dark;access_token = a.b.c ', 'a.b.c'],
    ['access_token=first; access_token=second', 'first'],
    ['access_token=a=b', 'a=b'],
    ['access_token=%ff%zz', '%ff%zz'],
    ['access_token=', undefined],
    ['xaccess_token=a; access_tokenx=b; access_token', undefined],
    ['refresh_token=d.e.f', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('finds the access token in %j: %j', (header, value) => {
    expect(readCookie(header, 'access_token')).toBe(value);
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        readCookie(header, 'access_token');
        readCookie(`access_token=${header}`, 'access_token');
      }),
    );
  });
});

describe('writing a Set-Cookie header', () => {
  const now = Date.UTC(2026, 10, 24, 12);
  const attributes = { sameSite: 'lax', overTls: false, expires: now + 600_000, now } as const;
  const plain =
    'access_token=a.b.c; Max-Age=600; Expires=Tue, 24 Nov 2026 12:10:00 GMT; Path=/; HttpOnly; SameSite=Lax';

  it('is HttpOnly, Lax and for the whole site, with both kinds of end', () => {
    expect(setCookie('access_token', 'a.b.c', attributes)).toBe(plain);
  });

  it('is Secure where the request came over TLS', () => {
    expect(setCookie('access_token', 'a.b.c', { ...attributes, overTls: true })).toBe(`${plain}; Secure`);
  });

  it('is Secure wherever SameSite is None', () => {
    expect(setCookie('access_token', 'a.b.c', { ...attributes, sameSite: 'none' })).toMatch(/SameSite=None; Secure$/);
  });

  it('removes a cookie by an end in the past', () => {
    expect(setCookie('refresh_token', '', { ...attributes, expires: 0 })).toBe(
      'refresh_token=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax',
    );
  });
});

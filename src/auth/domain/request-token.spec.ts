import { carriesSessionCookie, logoutTokens, requestToken } from './request-token.js';

describe('the token of a request', () => {
  const cookie = 'access_token=from.the.cookie; refresh_token=for.the.refresh';

  it.each([
    [{}, undefined],
    [{ cookie }, 'from.the.cookie'],
    [{ authorization: 'Bearer from.the.header' }, 'from.the.header'],
    [{ authorization: 'bearer   from.the.header ' }, 'from.the.header'],
    [{ authorization: 'Bearer from.the.header', cookie }, 'from.the.header'],
    [{ authorization: 'Bearer', cookie }, undefined],
    [{ authorization: '', cookie }, undefined],
    [{ authorization: 'Basic YTpi', cookie }, 'Basic YTpi'],
    [{ authorization: 'Bearerfrom.the.header' }, 'Bearerfrom.the.header'],
  ])('of %j is %j', (headers, token) => {
    expect(requestToken(headers, 'access_token')).toBe(token);
  });

  it('is the refresh token where that is asked for', () => {
    expect(requestToken({ cookie }, 'refresh_token')).toBe('for.the.refresh');
  });

  it('may be either of both at a logout, unless the header decides', () => {
    expect(logoutTokens({ cookie })).toEqual(['from.the.cookie', 'for.the.refresh']);
    expect(logoutTokens({ cookie, authorization: 'Bearer x' })).toEqual(['x']);
    expect(logoutTokens({})).toEqual([]);
  });

  it('makes a request one of ours as a cookie only', () => {
    expect(carriesSessionCookie({ cookie: 'a=b; refresh_token=x' })).toBe(true);
    expect(carriesSessionCookie({ cookie: 'a=b', authorization: 'Bearer x' })).toBe(false);
  });
});

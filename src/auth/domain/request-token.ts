import type { IncomingHttpHeaders } from 'node:http';
import { readCookie, type SessionCookie } from './cookies.js';

const BEARER = /^Bearer +(\S.*)$/i;

/**
 * The token of a request: that of `Authorization: Bearer` where the header is there, else that of the cookie;
 * undefined where there is none. Another scheme than Bearer counts as a token, which no check will pass.
 */
export function requestToken(headers: IncomingHttpHeaders, cookie: SessionCookie): string | undefined {
  const authorization = headers.authorization?.trim();
  if (authorization === undefined) return readCookie(headers.cookie, cookie);
  if (authorization === '' || /^Bearer$/i.test(authorization)) return undefined;
  return BEARER.exec(authorization)?.[1] ?? authorization;
}

/** Every token by which a logout may know its user, the likeliest first. */
export function logoutTokens(headers: IncomingHttpHeaders): string[] {
  const tokens = [requestToken(headers, 'access_token'), requestToken(headers, 'refresh_token')];
  return [...new Set(tokens.filter((token) => token !== undefined))];
}

/** True where the request carries a cookie of ours, valid or not. */
export function carriesSessionCookie(headers: IncomingHttpHeaders): boolean {
  return [readCookie(headers.cookie, 'access_token'), readCookie(headers.cookie, 'refresh_token')].some(
    (value) => value !== undefined,
  );
}

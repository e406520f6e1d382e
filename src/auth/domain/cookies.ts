/** The cookies of a session. Their values are JWTs, which need no escaping. */
export type SessionCookie = 'access_token' | 'refresh_token';

export interface CookieAttributes {
  readonly sameSite: 'lax' | 'none';
  /** The request came over TLS. */
  readonly overTls: boolean;
  /** When the cookie ends, in epoch milliseconds; 0 removes it. */
  readonly expires: number;
  /** The present, in epoch milliseconds. */
  readonly now: number;
}

/**
 * The value of the first cookie of that name in a Cookie header, undefined where there is none or it is empty.
 * Never throws: whatever else the header holds is passed over.
 */
export function readCookie(header: string | undefined, name: SessionCookie): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const equals = pair.indexOf('=');
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue;
    const value = pair.slice(equals + 1).trim();
    return value === '' ? undefined : value;
  }
  return undefined;
}

/** A Set-Cookie header's value (RFC 6265). SameSite=None implies Secure, without which browsers drop it. */
export function setCookie(name: SessionCookie, value: string, attributes: CookieAttributes): string {
  const { sameSite, overTls, expires, now } = attributes;
  return [
    `${name}=${value}`,
    `Max-Age=${Math.max(0, Math.floor((expires - now) / 1000))}`,
    `Expires=${new Date(expires).toUTCString()}`,
    'Path=/',
    'HttpOnly',
    `SameSite=${sameSite === 'none' ? 'None' : 'Lax'}`,
    ...(overTls || sameSite === 'none' ? ['Secure'] : []),
  ].join('; ');
}

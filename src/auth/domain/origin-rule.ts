/** What the rule needs to know of a request. */
export interface OriginFacts {
  readonly method: string;
  /** The Origin header; browsers send it with every state-changing request. */
  readonly origin: string | undefined;
  /** Scheme and host under which the request reached us, as the proxy reports them where it is trusted. */
  readonly ownOrigin: string;
  readonly carriesSessionCookie: boolean;
  readonly hasAuthorization: boolean;
  /** The route makes a session, so a foreign page must not call it even without cookies (login CSRF). */
  readonly makesSession: boolean;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether requests of this method change nothing (RFC 9110, 9.2.1). */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/**
 * True where another site's page may have made the browser send this request in the user's name: it changes
 * state, is authorised by cookies alone, and its Origin is neither ours nor an allowed one. `null` is foreign.
 */
export function isForeignWrite(facts: OriginFacts, allowedOrigins: readonly string[]): boolean {
  if (isSafe(facts.method) || facts.origin === undefined) return false;
  const guarded = facts.makesSession || (facts.carriesSessionCookie && !facts.hasAuthorization);
  if (!guarded) return false;
  const origin = normalOrigin(facts.origin);
  if (origin === undefined) return true;
  return origin !== normalOrigin(facts.ownOrigin) && !allowedOrigins.includes(origin);
}

/** Lower case and without the scheme's default port; undefined for `null` and whatever is no http origin. */
function normalOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) ? url.origin : undefined;
}

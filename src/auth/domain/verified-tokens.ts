import type { TokenClaims } from './token-claims.js';

/**
 * Tokens whose signature was checked, with their claims: a browser sends the same one many times a second, and checking
 * costs more than all the rest of a small answer. Revocation is not known here.
 */
export class VerifiedTokens {
  private readonly claims = new Map<string, TokenClaims>();

  /** @param most so many are kept, the newest */
  constructor(private readonly most: number) {}

  /** The claims of a token that was remembered and is in its lifetime. */
  find(token: string): TokenClaims | undefined {
    const claims = this.claims.get(token);
    if (claims === undefined || Date.now() < claims.exp * 1000) return claims;
    this.claims.delete(token);
    return undefined;
  }

  remember(token: string, claims: TokenClaims): void {
    this.claims.set(token, claims);
    const [oldest] = this.claims.keys();
    if (this.claims.size > this.most && oldest !== undefined) this.claims.delete(oldest);
  }
}

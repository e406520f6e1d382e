/** What a token is good for. */
export type TokenUse = 'access' | 'refresh';

/** How tokens are signed and checked: nothing else is ever accepted. */
export const TOKEN_RULES = { algorithm: 'HS256', issuer: 'tallyhouse', audience: 'tallyhouse' } as const;

/** Seconds. */
export const TOKEN_LIFETIME: Readonly<Record<TokenUse, number>> = { access: 600, refresh: 7_200 };

/** A token beyond this length is none of ours, and not worth decoding. */
export const TOKEN_MAX_LENGTH = 4_096;

export interface TokenClaims {
  readonly use: TokenUse;
  readonly userId: number;
  readonly username: string;
  readonly roles: readonly string[];
  /** The user's epoch when the token was made; a later epoch ends it. */
  readonly epoch: number;
  /** The end of its life, in epoch seconds. */
  readonly exp: number;
}

/** The claims of a payload whose signature was checked, or undefined where they are not those of a token of ours. */
export function readClaims(payload: unknown): TokenClaims | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { use, sub, username, roles, epoch, exp } = payload as Record<string, unknown>;
  if (use !== 'access' && use !== 'refresh') return undefined;
  if (typeof sub !== 'string' || !/^[1-9]\d{0,9}$/.test(sub)) return undefined;
  if (typeof username !== 'string' || !isWhole(epoch) || !isWhole(exp)) return undefined;
  if (!Array.isArray(roles) || !roles.every((role): role is string => typeof role === 'string')) return undefined;
  return { use, userId: Number(sub), username, roles, epoch, exp };
}

/** What a 401 says of a token that failed its check. */
export function tokenFault(error: unknown): string {
  return error instanceof Error && error.name === 'TokenExpiredError' ? 'Token expired' : 'Invalid token';
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

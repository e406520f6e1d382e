import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { AppError } from '../errors/app-error.js';
import {
  readClaims,
  TOKEN_LIFETIME,
  TOKEN_MAX_LENGTH,
  type TokenClaims,
  tokenFault,
  type TokenUse,
} from './domain/token-claims.js';

/** Of a user, what goes into a token. */
export interface TokenHolder {
  readonly id: number;
  readonly username: string;
  readonly roles: readonly string[];
  readonly tokenEpoch: number;
}

export interface IssuedToken {
  readonly token: string;
  /** The end of its life, in epoch milliseconds. */
  readonly expires: number;
}

/** Makes tokens and checks those that do not pass through the access-token guard. */
@Injectable()
export class TokenService {
  constructor(private readonly jwt: JwtService) {}

  issue(user: TokenHolder, use: TokenUse): IssuedToken {
    const now = Math.floor(Date.now() / 1000);
    const exp = now + TOKEN_LIFETIME[use];
    const { username, roles, tokenEpoch: epoch } = user;
    const token = this.jwt.sign({ use, sub: String(user.id), username, roles, epoch, iat: now, exp });
    return { token, expires: exp * 1000 };
  }

  /** The claims of a token of ours that is in its lifetime; revocation is not looked at. Throws `unauthenticated`. */
  verify(token: string | undefined): TokenClaims {
    if (token === undefined) throw new AppError('unauthenticated', 'No token provided');
    const claims = token.length <= TOKEN_MAX_LENGTH ? readClaims(this.payload(token)) : undefined;
    if (claims === undefined) throw new AppError('unauthenticated', 'Invalid token');
    return claims;
  }

  /** As `verify`, but undefined for whatever it would refuse. */
  tryVerify(token: string): TokenClaims | undefined {
    try {
      return this.verify(token);
    } catch {
      return undefined;
    }
  }

  private payload(token: string): unknown {
    try {
      return this.jwt.verify(token);
    } catch (error) {
      throw new AppError('unauthenticated', tokenFault(error));
    }
  }
}

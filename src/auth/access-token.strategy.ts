import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import type { AuthenticatedUser } from './current-user.decorator.js';
import { requestToken } from './domain/request-token.js';
import { readClaims, TOKEN_MAX_LENGTH, TOKEN_RULES, type TokenClaims } from './domain/token-claims.js';
import { VerifiedTokens } from './domain/verified-tokens.js';
import { Revocations } from './revocations.js';
import { signingKey } from './signing-key.js';

export const ACCESS_TOKEN = 'access-token';

/** Of those who are active within the ten minutes of a token. */
const MOST_VERIFIED = 1_000;

/** Passport's check of the access token of a request: signature and lifetime, then purpose, then revocation. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, ACCESS_TOKEN) {
  private readonly verified = new VerifiedTokens(MOST_VERIFIED);

  constructor(
    @Inject(CONFIG) config: ServiceConfig,
    private readonly revocations: Revocations,
  ) {
    super({
      jwtFromRequest: (request: FastifyRequest) => accessToken(request) ?? null,
      // passport-jwt's types lag behind: what it hands the key to, jsonwebtoken, wants a KeyObject.
      secretOrKey: signingKey(config) as unknown as Buffer,
      algorithms: [TOKEN_RULES.algorithm],
      issuer: TOKEN_RULES.issuer,
      audience: TOKEN_RULES.audience,
      passReqToCallback: true,
    });
  }

  /** Throws `unauthenticated` for a token of another use or a revoked one, `unavailable` where that can't be told. */
  async validate(request: FastifyRequest, payload: unknown): Promise<AuthenticatedUser> {
    const claims = readClaims(payload);
    if (claims?.use !== 'access') throw new AppError('unauthenticated', 'Invalid token');
    this.verified.remember(accessToken(request) as string, claims);
    if (await this.revocations.isRevoked(claims.userId, claims.epoch))
      throw new AppError('unauthenticated', 'Token has been revoked');
    return userOf(claims);
  }

  /**
   * Who sends a token that was checked before and is known not to be revoked; undefined for any other, which `validate` is to
   * look at.
   */
  knownUser(request: FastifyRequest): AuthenticatedUser | undefined {
    const token = accessToken(request);
    const claims = token === undefined ? undefined : this.verified.find(token);
    if (claims === undefined) return undefined;
    return this.revocations.knowsRevoked(claims.userId, claims.epoch) === false ? userOf(claims) : undefined;
  }
}

function userOf({ userId: id, username, roles }: TokenClaims): AuthenticatedUser {
  return { id, username, roles, isAdmin: roles.includes('admin') };
}

function accessToken({ headers }: FastifyRequest): string | undefined {
  const token = requestToken(headers, 'access_token');
  return token !== undefined && token.length <= TOKEN_MAX_LENGTH ? token : undefined;
}

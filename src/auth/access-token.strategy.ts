import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { Strategy } from 'passport-jwt';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import type { AuthenticatedUser } from './current-user.decorator.js';
import { requestToken } from './domain/request-token.js';
import { readClaims, TOKEN_MAX_LENGTH, TOKEN_RULES } from './domain/token-claims.js';
import { Revocations } from './revocations.js';
import { signingKey } from './signing-key.js';

export const ACCESS_TOKEN = 'access-token';

/** Passport's check of the access token of a request: signature and lifetime, then purpose, then revocation. */
@Injectable()
export class AccessTokenStrategy extends PassportStrategy(Strategy, ACCESS_TOKEN) {
  constructor(
    @Inject(CONFIG) config: ServiceConfig,
    private readonly revocations: Revocations,
  ) {
    super({
      jwtFromRequest: (request: FastifyRequest) => {
        const token = requestToken(request.headers, 'access_token');
        return token !== undefined && token.length <= TOKEN_MAX_LENGTH ? token : null;
      },
      // passport-jwt's types lag behind: what it hands the key to, jsonwebtoken, wants a KeyObject.
      secretOrKey: signingKey(config) as unknown as Buffer,
      algorithms: [TOKEN_RULES.algorithm],
      issuer: TOKEN_RULES.issuer,
      audience: TOKEN_RULES.audience,
    });
  }

  /** Throws `unauthenticated` for a token of another use or a revoked one, `unavailable` where that can't be told. */
  async validate(payload: unknown): Promise<AuthenticatedUser> {
    const claims = readClaims(payload);
    if (claims?.use !== 'access') throw new AppError('unauthenticated', 'Invalid token');
    const { userId: id, username, roles, epoch } = claims;
    if (await this.revocations.isRevoked(id, epoch)) throw new AppError('unauthenticated', 'Token has been revoked');
    return { id, username, roles, isAdmin: roles.includes('admin') };
  }
}

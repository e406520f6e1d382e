import { type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { requestOf } from '../http/http-context.js';
import { ACCESS_TOKEN, AccessTokenStrategy } from './access-token.strategy.js';
import type { AuthenticatedUser } from './current-user.decorator.js';
import { requestToken } from './domain/request-token.js';
import { tokenFault } from './domain/token-claims.js';
import { Public } from './public.decorator.js';

/** Lets a request pass with a valid access token, or where the route is `@Public()`. Meant to be global. */
@Injectable()
export class AccessTokenGuard extends AuthGuard(ACCESS_TOKEN) {
  constructor(
    private readonly reflector: Reflector,
    private readonly strategy: AccessTokenStrategy,
  ) {
    super();
  }

  override canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // A token that was checked before is the likeliest, and found faster than what is written on the route.
    const request: FastifyRequest & { user?: AuthenticatedUser | undefined } = requestOf(context);
    request.user = this.strategy.knownUser(request);
    if (request.user !== undefined) return true;
    if (this.reflector.getAllAndOverride(Public, [context.getHandler(), context.getClass()]) === true) return true;
    return super.canActivate(context) as Promise<boolean>;
  }

  /** Passport's outcome as a user or an AppError: `info` is why a token failed its check. */
  override handleRequest<User>(error: unknown, user: User | false, info: unknown, context: ExecutionContext): User {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever the strategy threw goes to the error filter as it is
    if (error !== null && error !== undefined) throw error;
    if (user) return user;
    const { headers } = requestOf(context);
    const sent = requestToken(headers, 'access_token') !== undefined;
    throw new AppError('unauthenticated', sent ? tokenFault(info) : 'No token provided');
  }
}

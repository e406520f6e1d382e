import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { requestOf } from '../http/http-context.js';
import { isForeignWrite, isSafe } from './domain/origin-rule.js';
import { carriesSessionCookie } from './domain/request-token.js';
import { MakesSession } from './makes-session.decorator.js';

/** Refuses state-changing cookie requests that a foreign page sent (CSRF), before their body is read. Meant to be global. */
@Injectable()
export class OriginGuard implements CanActivate {
  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): true {
    const request = requestOf(context);
    if (isSafe(request.method)) return true;
    const facts = {
      method: request.method,
      origin: request.headers.origin,
      ownOrigin: `${request.protocol}://${request.host}`,
      carriesSessionCookie: carriesSessionCookie(request.headers),
      hasAuthorization: request.headers.authorization !== undefined,
      makesSession: this.reflector.getAllAndOverride(MakesSession, [context.getHandler(), context.getClass()]) ?? false,
    };
    if (!isForeignWrite(facts, this.config.corsOrigins)) return true;
    throw new AppError('forbidden', 'Requests from this Origin are not allowed');
  }
}

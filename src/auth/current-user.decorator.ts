import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requestOf } from '../http/http-context.js';

/** Who sent a request, as its access token says. */
export interface AuthenticatedUser {
  readonly id: number;
  readonly username: string;
  readonly roles: readonly string[];
  readonly isAdmin: boolean;
}

/** Hands the AuthenticatedUser to a parameter of a controller method; only for routes that are not `@Public()`. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext) => authenticated(context));

/** Who sent the request of a route that is not `@Public()`. */
export function authenticated(context: ExecutionContext): AuthenticatedUser {
  const request = requestOf(context) as FastifyRequest & { readonly user: AuthenticatedUser };
  return request.user;
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';

/** Who sent a request, as its access token says. */
export interface AuthenticatedUser {
  readonly id: number;
  readonly username: string;
  readonly roles: readonly string[];
  readonly isAdmin: boolean;
}

/** Hands the AuthenticatedUser to a parameter of a controller method; only for routes that are not `@Public()`. */
export const CurrentUser = createParamDecorator((_data: unknown, context: ExecutionContext): AuthenticatedUser => {
  return context.switchToHttp().getRequest<{ user: AuthenticatedUser }>().user;
});

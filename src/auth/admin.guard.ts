import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import type { AuthenticatedUser } from './current-user.decorator.js';

/** What everybody else is told. */
export const ADMINS_ONLY = 'Only admins may do this';

/** Lets admins pass. It stands behind AccessTokenGuard, which knows who is asking. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    const { user } = context.switchToHttp().getRequest<{ user: AuthenticatedUser }>();
    if (user.isAdmin) return true;
    throw new AppError('forbidden', ADMINS_ONLY);
  }
}

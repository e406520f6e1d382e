import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { authenticated } from './current-user.decorator.js';

/** What everybody else is told. */
export const ADMINS_ONLY = 'Only admins may do this';

/** Lets admins pass. It stands behind AccessTokenGuard, which knows who is asking. */
@Injectable()
export class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): true {
    if (authenticated(context).isAdmin) return true;
    throw new AppError('forbidden', ADMINS_ONLY);
  }
}

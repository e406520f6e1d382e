import { Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { Database, type Transaction } from '../prisma/database.js';
import { ADMINS_ONLY } from './admin.guard.js';
import { type AccountChange, changeAccount, lockAccount, lockAdmins, type LockedAccount } from './change-account.js';
import { Passwords } from './passwords.js';
import { Revocations } from './revocations.js';

/** What an admin does to the account of somebody else. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly revocations: Revocations,
  ) {}

  /**
   * Changes an account in one transaction, in which `decide` says what becomes of it and may write along; nothing is
   * changed where that is undefined. Tokens that end are refused here as soon as this resolves, elsewhere once the
   * announcement is heard. Throws `notFound`, and `forbidden` where the admin is none any more.
   */
  async change(
    adminId: number,
    userId: number,
    decide: (account: LockedAccount, tx: Transaction) => Promise<AccountChange | undefined>,
  ): Promise<void> {
    const ended = await this.database.transaction(async (tx) => {
      if (!(await lockAdmins(tx, adminId))) throw new AppError('forbidden', ADMINS_ONLY);
      const account = await lockAccount(tx, userId);
      if (account === undefined) throw new AppError('notFound', 'User not found');
      const change = await decide(account, tx);
      return change && changeAccount(tx, account.id, change);
    });
    // Only now: an epoch that is rolled back must not be remembered, it would lock the user out.
    if (ended !== undefined) this.revocations.note(ended);
  }

  /** The hash of a password, to be set by `change`. */
  async hash(password: string): Promise<string> {
    return this.passwords.hash(password);
  }
}

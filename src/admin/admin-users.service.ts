import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AuditService, type AuditEntry } from '../audit/audit.service.js';
import { AccountsService } from '../auth/accounts.service.js';
import { AppError } from '../errors/app-error.js';
import { Database } from '../prisma/database.js';
import { planUserChange, type WantedChange } from './domain/user-change.js';
import { UserAnswer, UsersAnswer } from './dto/users-answer.js';
import { findUsers, type UsersRequest } from './find-users.js';

type Admin = AuditEntry['admin'];

/** Owns what admins do with users: listing, making admin, disabling, new passwords; all of it audit-logged. */
@Injectable()
export class AdminUsersService {
  constructor(
    private readonly database: Database,
    private readonly accounts: AccountsService,
    private readonly audit: AuditService,
  ) {}

  /** A part of all users; one more than asked for is read, to know whether there are more. */
  async list(request: UsersRequest): Promise<UsersAnswer> {
    const read = await findUsers(this.database, { ...request, limit: request.limit + 1 });
    return UsersAnswer.of(read, request.limit);
  }

  /**
   * Makes a user admin or not, disabled or not; what is so already is no deed. Throws `notFound`, and `conflict` where
   * admins would shut themselves out: whoever acts stays an admin, so there always is one.
   */
  async update(admin: Admin, userId: number, wanted: WantedChange): Promise<UserAnswer> {
    await this.accounts.change(admin.id, userId, async ({ username, ...account }, tx) => {
      const plan = planUserChange(account, wanted);
      if (account.id === admin.id && plan.endsTokens) {
        throw new AppError('conflict', 'You cannot demote or disable yourself; another admin can');
      }
      for (const action of plan.actions) {
        await this.audit.record(tx, { admin, action, subject: username, details: { user_id: account.id } });
      }
      return plan.actions.length > 0 ? plan : undefined;
    });
    const [user] = await findUsers(this.database, { userId, limit: 1 });
    if (user === undefined) throw new AppError('notFound', 'User not found');
    return { message: 'User updated', user: UsersAnswer.userOf(user) };
  }

  /**
   * Sets a new password and ends all of the user's tokens. Throws `notFound`, and `conflict` for one's own password,
   * which takes the present one: a page left open must not be enough to take an account over.
   *
   * @returns the password where it was made here
   */
  async resetPassword(admin: Admin, userId: number, password: string | undefined): Promise<string | undefined> {
    const made = password === undefined ? makePassword() : undefined;
    const passwordHash = await this.accounts.hash(password ?? made ?? '');
    await this.accounts.change(admin.id, userId, async ({ id, username }, tx) => {
      if (id === admin.id) throw new AppError('conflict', 'Change your own password with POST /auth/password');
      await this.audit.record(tx, {
        admin,
        action: 'user.reset-password',
        subject: username,
        details: { user_id: id },
      });
      return { passwordHash, endsTokens: true };
    });
    return made;
  }
}

/** 120 random bits as 20 characters. */
function makePassword(): string {
  return randomBytes(15).toString('base64url');
}

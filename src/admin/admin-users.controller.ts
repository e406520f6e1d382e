import { Controller, Get, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { ADMINS_ONLY } from '../auth/admin.guard.js';
import { type AuthenticatedUser, CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { JsonBody, OptionalJsonBody } from '../http/json-body.decorator.js';
import { PathNumber } from '../http/path-number.decorator.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { AdminUsersService } from './admin-users.service.js';
import { PasswordResetBody, UserChangeBody } from './dto/user-bodies.js';
import { NewPasswordAnswer, UserAnswer, UsersAnswer } from './dto/users-answer.js';
import { UsersQuery } from './dto/users-query.js';

const USER_ID = { name: 'user_id', type: 'integer', description: "The user's number, as GET /admin/users shows it" };
const FORBIDDEN = [403, ADMINS_ONLY] as const;
const NOT_FOUND = [404, 'User not found'] as const;

const CHANGES = {
  promote: { summary: 'Make admin', value: { admin: true } },
  demote: { summary: 'Admin no more', value: { admin: false } },
  disable: { summary: 'Disable', value: { disabled: true } },
  enable: { summary: 'Enable again', value: { disabled: false } },
};
const PASSWORDS = {
  made: { summary: 'Make one', value: {} },
  given: { summary: 'Set this one', value: { password: 'correct horse battery' } },
};

@ApiTags('Admin: users')
@AdminOnly()
@Controller('admin/users')
export class AdminUsersController {
  constructor(private readonly users: AdminUsersService) {}

  @Get()
  @ApiOperation({ summary: 'All users, newest first' })
  @ApiResponse({ status: 200, type: UsersAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors([400, 'role: must be admin or user'], 401, FORBIDDEN)
  async list(
    @ValidQuery(UsersQuery) query: UsersQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.users.list(query.request()));
  }

  @Patch(':user_id')
  @ApiParam(USER_ID)
  @ApiBody({ type: UserChangeBody, examples: CHANGES })
  @ApiOperation({
    summary: 'Make a user admin, or disable a user',
    description:
      'A user who is disabled or demoted loses all tokens at once. Logging in as a disabled user is answered like a wrong ' +
      'password; simulations stay, and their workers go on writing. A new admin has the role from the next login or ' +
      'refresh on. Nobody can demote or disable themselves (`409`), so there always is an admin. Audit-logged.',
  })
  @ApiResponse({ status: 200, type: UserAnswer })
  @ApiErrors(
    [400, 'disabled: must be true or false'],
    401,
    FORBIDDEN,
    NOT_FOUND,
    [409, 'You cannot demote or disable yourself; another admin can'],
    413,
    415,
  )
  async update(
    @CurrentUser() admin: AuthenticatedUser,
    @PathNumber('user_id') userId: number,
    @JsonBody(UserChangeBody) body: UserChangeBody,
  ): Promise<UserAnswer> {
    return this.users.update(admin, userId, body.wanted());
  }

  @Post(':user_id/password')
  @HttpCode(200)
  @ApiParam(USER_ID)
  @ApiBody({ type: PasswordResetBody, required: false, examples: PASSWORDS })
  @ApiOperation({
    summary: "Reset a user's password",
    description:
      'Sets the password of the body, or makes one and shows it in the answer, this once. All tokens of the user end. ' +
      "One's own password is changed with `POST /auth/password` (`409`). Audit-logged, without the password.",
  })
  @ApiResponse({ status: 200, type: NewPasswordAnswer })
  @ApiErrors(
    [400, 'password: must have 8 to 128 characters'],
    401,
    FORBIDDEN,
    NOT_FOUND,
    [409, 'Change your own password with POST /auth/password'],
    413,
    415,
  )
  async resetPassword(
    @CurrentUser() admin: AuthenticatedUser,
    @PathNumber('user_id') userId: number,
    @OptionalJsonBody(PasswordResetBody) body: PasswordResetBody,
  ): Promise<NewPasswordAnswer> {
    return NewPasswordAnswer.of(await this.users.resetPassword(admin, userId, body.password ?? undefined));
  }
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import { PagedQuery } from '../../http/paged-query.js';
import { IsPlainText } from '../../validation/is-plain-text.decorator.js';
import type { UsersRequest } from '../find-users.js';

/** Which users. */
export class UsersQuery extends PagedQuery {
  @ApiPropertyOptional({ type: String, description: 'A part of the user name; upper and lower case are the same' })
  @IsOptional()
  @IsPlainText(1, 64)
  username: string | undefined = undefined;

  @ApiPropertyOptional({ enum: ['admin', 'user'], description: '`user` are those who are no admins' })
  @IsOptional()
  @IsIn(['admin', 'user'], { message: 'must be admin or user' })
  role: 'admin' | 'user' | undefined = undefined;

  @ApiPropertyOptional({ enum: ['true', 'false'] })
  @IsOptional()
  @IsIn(['true', 'false'], { message: 'must be true or false' })
  disabled: 'true' | 'false' | undefined = undefined;

  /** What it asks for. Throws `invalid`. */
  request(): UsersRequest {
    return {
      limit: this.readLimit(),
      before: this.readCursor(),
      username: this.username,
      isAdmin: this.role && this.role === 'admin',
      disabled: this.disabled && this.disabled === 'true',
    };
  }
}

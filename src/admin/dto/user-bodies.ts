import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional, ValidateIf } from 'class-validator';
import { IsPassword } from '../../auth/dto/credentials.decorator.js';
import { invalid } from '../../errors/app-error.js';
import type { WantedChange } from '../domain/user-change.js';

const isSent = (_: unknown, value: unknown): boolean => value !== undefined;

/** The body of PATCH /admin/users/{user_id}. */
export class UserChangeBody {
  static readonly shape = { object: { admin: 'value', disabled: 'value' } } as const;

  @ApiPropertyOptional({ description: 'Whether the user is an admin', example: true })
  @ValidateIf(isSent)
  @IsBoolean({ message: 'must be true or false' })
  admin?: boolean;

  @ApiPropertyOptional({ description: 'Whether the user is kept out', example: false })
  @ValidateIf(isSent)
  @IsBoolean({ message: 'must be true or false' })
  disabled?: boolean;

  /** What it asks for. Throws `invalid` where that is nothing. */
  wanted(): WantedChange {
    const { admin, disabled } = this;
    if (admin === undefined && disabled === undefined) throw invalid('body', 'must have admin or disabled');
    return { admin, disabled };
  }
}

/** The body of POST /admin/users/{user_id}/password. */
export class PasswordResetBody {
  static readonly shape = { object: { password: 'value' } } as const;

  @ApiPropertyOptional({
    type: String,
    minLength: 8,
    maxLength: 128,
    format: 'password',
    description: 'The new one; where it is left out, one is made and shown in the answer',
  })
  @IsOptional()
  @IsPassword()
  password?: string | null;
}

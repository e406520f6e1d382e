import { ApiProperty } from '@nestjs/swagger';
import { IsPassword } from './credentials.decorator.js';

/** The body of `POST /auth/password`. */
export class NewPasswordDto {
  static readonly shape = { object: { password: 'value', new_password: 'value' } } as const;

  @ApiProperty({
    description: 'The present one.',
    minLength: 8,
    maxLength: 128,
    format: 'password',
    example: 'correct horse battery',
  })
  @IsPassword()
  password!: string;

  @ApiProperty({ minLength: 8, maxLength: 128, format: 'password', example: 'staple of another kind' })
  @IsPassword()
  new_password!: string;
}

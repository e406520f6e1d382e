import { ApiProperty } from '@nestjs/swagger';
import { IsPassword, IsUsername } from './credentials.decorator.js';

/** The body of `PUT /auth/register`. */
export class CredentialsDto {
  static readonly shape = { object: { username: 'value', password: 'value' } } as const;

  @ApiProperty({
    description: 'No control characters, no space around it.',
    minLength: 1,
    maxLength: 64,
    example: 'ada',
  })
  @IsUsername()
  username!: string;

  @ApiProperty({ minLength: 8, maxLength: 128, format: 'password', example: 'correct horse battery' })
  @IsPassword()
  password!: string;
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsOptional } from 'class-validator';
import { CredentialsDto } from './credentials.dto.js';

/** The body of `POST /auth/login`. */
export class LoginDto extends CredentialsDto {
  static override readonly shape = { object: { username: 'value', password: 'value', token: 'value' } } as const;

  @ApiPropertyOptional({
    description: 'Answer with the access token too, for scripts that use `Bearer`.',
    default: false,
  })
  @IsOptional()
  @IsBoolean({ message: 'must be true or false' })
  token?: boolean;
}

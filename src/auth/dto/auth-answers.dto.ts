import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** What a method returns for a documented answer: a literal will do. */
export type Answer<Dto> = { readonly [Key in keyof Dto]: Dto[Key] };

export class AuthMessageDto {
  @ApiProperty({ example: 'User logged out' })
  message!: string;
}

export class RefreshAnswerDto {
  @ApiProperty({ example: 'User refreshed' })
  message!: string;

  @ApiProperty({ description: 'When the access token ends, in epoch milliseconds.', example: 1_795_521_600_000 })
  access_exp!: number;
}

export class SessionAnswerDto {
  @ApiProperty({ example: 'Successfully logged in' })
  message!: string;

  @ApiProperty({ description: 'When the access token ends, in epoch milliseconds.', example: 1_795_521_600_000 })
  access_exp!: number;

  @ApiProperty({ description: 'When the refresh token ends, in epoch milliseconds.', example: 1_795_528_200_000 })
  refresh_exp!: number;
}

export class LoginAnswerDto extends SessionAnswerDto {
  @ApiPropertyOptional({ description: 'Only where the body said `"token": true`.' })
  access_token?: string;
}

export class StatusAnswerDto {
  @ApiProperty({ example: 'User status' })
  message!: string;

  @ApiProperty({ example: 'ada' })
  username!: string;

  @ApiProperty({ description: 'Who vouches for the user; `yaptide` is this service itself.', example: 'yaptide' })
  source!: string;
}

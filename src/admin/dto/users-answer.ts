import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { paged } from '../../http/paged-query.js';
import type { FoundUser } from '../find-users.js';

class AdminUser {
  @ApiProperty({ type: 'integer', example: 2 })
  user_id!: number;

  @ApiProperty({ example: 'ada' })
  username!: string;

  @ApiProperty({ type: [String], example: ['admin'], description: '`admin`, or nothing' })
  roles!: string[];

  @ApiProperty({ example: false, description: 'Kept out by an admin' })
  disabled!: boolean;

  @ApiProperty({ format: 'date-time', example: '2026-11-25T12:00:00.000Z' })
  created_at!: string;

  @ApiProperty({ type: 'integer', example: 12, description: 'How many are stored' })
  simulations!: number;
}

/** The answer of GET /admin/users. */
export class UsersAnswer {
  @ApiProperty({ example: 'Users' })
  message!: string;

  @ApiProperty({ type: [AdminUser] })
  users!: AdminUser[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Pass it as `cursor`; null at the end' })
  next_cursor!: string | null;

  /** @param read one more than `limit` where there are more */
  static of(read: readonly FoundUser[], limit: number): UsersAnswer {
    const { shown, next_cursor } = paged(read, limit, ({ id }) => String(id));
    return { message: 'Users', users: shown.map((user) => UsersAnswer.userOf(user)), next_cursor };
  }

  static userOf({ id, username, roles, disabled, created_at, simulations }: FoundUser): AdminUser {
    return { user_id: id, username, roles, disabled, created_at: created_at.toISOString(), simulations };
  }
}

/** The answer of PATCH /admin/users/{user_id}. */
export class UserAnswer {
  @ApiProperty({ example: 'User updated' })
  message!: string;

  @ApiProperty({ type: AdminUser })
  user!: AdminUser;
}

/** The answer of POST /admin/users/{user_id}/password. */
export class NewPasswordAnswer {
  @ApiProperty({ example: 'Password reset' })
  message!: string;

  @ApiPropertyOptional({ example: 'q0T4mX1cV9yRz2bKd7sL', description: 'The one that was made; shown only here' })
  password?: string;

  /** @param password the one that was made, if any */
  static of(password: string | undefined): NewPasswordAnswer {
    return { message: 'Password reset', ...(password === undefined ? {} : { password }) };
  }
}

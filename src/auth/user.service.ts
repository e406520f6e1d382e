import { Injectable } from '@nestjs/common';
import { invalid } from '../errors/app-error.js';
import type { User } from '../prisma/generated/client.js';
import { Database } from '../prisma/database.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { passwordFault, usernameFault } from './domain/credentials.js';
import { Passwords } from './passwords.js';

/** The users of this service. */
@Injectable()
export class UserService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly database: Database,
    private readonly passwords: Passwords,
  ) {}

  async byName(username: string): Promise<User | null> {
    return this.prisma.user.findUnique({ where: { username } });
  }

  /** The number of a user who is known to exist. */
  async idOf(username: string): Promise<number> {
    const { id } = await this.prisma.user.findUniqueOrThrow({ where: { username }, select: { id: true } });
    return id;
  }

  async byId(id: number): Promise<User | null> {
    return this.prisma.user.findUnique({ where: { id } });
  }

  /** False where the name is taken: whoever inserts first has it. */
  async create(username: string, password: string, roles: readonly string[] = []): Promise<boolean> {
    const passwordHash = await this.passwords.hash(password);
    const data = { username, passwordHash, roles: [...roles] };
    const { count } = await this.prisma.user.createMany({ data, skipDuplicates: true });
    return count === 1;
  }

  /**
   * Makes sure that the user exists and has these roles. The password of one who exists stays as it is.
   * Throws `invalid` where name or password could never be used to log in.
   */
  async ensureUser(username: string, password: string, roles: readonly string[] = []): Promise<'created' | 'present'> {
    const wrongName = usernameFault(username);
    if (wrongName !== undefined) throw invalid('username', wrongName);
    const wrongPassword = passwordFault(password);
    if (wrongPassword !== undefined) throw invalid('password', wrongPassword);
    if ((await this.byName(username)) === null && (await this.create(username, password, roles))) return 'created';
    await this.addRoles(username, roles);
    return 'present';
  }

  private async addRoles(username: string, roles: readonly string[]): Promise<void> {
    await this.database.query(
      `UPDATE "user" SET roles = ARRAY(SELECT DISTINCT unnest(coalesce(roles, '{}') || $2::text[]))
       WHERE username = $1 AND NOT coalesce(roles, '{}') @> $2::text[]`,
      [username, roles],
    );
  }
}

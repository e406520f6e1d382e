import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { UserService } from './user.service.js';

/** Sees to it that there is an admin. To be run at start, once the migrations are applied. */
@Injectable()
export class AdminBootstrap {
  private readonly logger = new Logger(AdminBootstrap.name);

  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly users: UserService,
  ) {}

  /** Ensures the admin whom the environment names; does nothing where it names none. */
  async run(): Promise<void> {
    const { adminUsername, adminPassword } = this.config;
    if (adminUsername === undefined || adminPassword === undefined) return;
    if ((await this.ensureAdmin(adminUsername, adminPassword)) === 'created') this.logger.log('first admin created');
  }

  /** The user exists afterwards and has the role `admin`; the password of one who was present stays as it was. */
  async ensureAdmin(username: string, password: string): Promise<'created' | 'present'> {
    return this.users.ensureUser(username, password, ['admin']);
  }
}

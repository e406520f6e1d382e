import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { FailureThrottle } from '../throttle/failure-throttle.js';
import { Passwords } from './passwords.js';
import { Revocations } from './revocations.js';
import { type IssuedToken, type TokenHolder, TokenService } from './token.service.js';
import { UserService } from './user.service.js';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The two tokens of a session. */
export interface Session {
  readonly access: IssuedToken;
  readonly refresh: IssuedToken;
}

/** Registration, and sessions from login to logout. */
@Injectable()
export class AuthService {
  private readonly failures = new FailureThrottle();

  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly users: UserService,
    private readonly passwords: Passwords,
    private readonly tokens: TokenService,
    private readonly revocations: Revocations,
  ) {}

  /** Throws `forbidden` where registration is closed or the name is taken. */
  async register({ username, password }: Credentials): Promise<void> {
    if (!this.config.registrationOpen) throw new AppError('forbidden', 'Registration is closed');
    const taken = (await this.users.byName(username)) !== null || !(await this.users.create(username, password));
    if (taken) throw new AppError('forbidden', 'User name is taken');
  }

  /**
   * Throws `unauthenticated` for a wrong name or password, `throttled` after too many of them from this address. A
   * disabled user is told the same, after as long: whoever guesses passwords must not learn that one was right.
   */
  async login({ username, password }: Credentials, address: string): Promise<Session> {
    const user = await this.users.byName(username);
    const matches = await this.passwords.matches(password, user?.passwordHash);
    if (user === null || !matches || user.disabledAt !== null)
      throw this.failure(address, username, 'Invalid login or password');
    return this.session(user);
  }

  /** A new access token for a refresh token, with the user's present name and roles. Throws `unauthenticated`. */
  async refresh(refreshToken: string | undefined): Promise<IssuedToken> {
    const claims = this.tokens.verify(refreshToken);
    if (claims.use !== 'refresh') throw new AppError('unauthenticated', 'Invalid token');
    const user = await this.users.byId(claims.userId);
    if (user === null || user.disabledAt !== null || claims.epoch < user.tokenEpoch) {
      throw new AppError('unauthenticated', 'Token has been revoked');
    }
    return this.tokens.issue(user, 'access');
  }

  /** Ends all of the user's tokens where one of these is valid; without one there is nothing to end. */
  async logout(tokens: readonly string[]): Promise<void> {
    for (const token of tokens) {
      const claims = this.tokens.tryVerify(token);
      if (claims !== undefined) await this.revocations.endTokens(claims.userId, claims.epoch);
    }
  }

  /**
   * Ends all of the user's tokens and returns fresh ones. Throws `unauthenticated` or `throttled` for a wrong old
   * password, like a login, and `conflict` where the password was changed at the same time.
   */
  async changePassword(userId: number, oldPassword: string, newPassword: string, address: string): Promise<Session> {
    const user = await this.users.byId(userId);
    if (user === null) throw new AppError('unauthenticated', 'Token has been revoked');
    if (!(await this.passwords.matches(oldPassword, user.passwordHash))) {
      throw this.failure(address, user.username, 'Wrong password');
    }
    const newHash = await this.passwords.hash(newPassword);
    const tokenEpoch = await this.revocations.changePassword(user.id, user.passwordHash, newHash);
    if (tokenEpoch === undefined) throw new AppError('conflict', 'The password was changed meanwhile');
    // Read again: an admin may have demoted or disabled the user meanwhile, and the fresh tokens would outlive that.
    const present = await this.users.byId(userId);
    if (present === null || present.disabledAt !== null) {
      throw new AppError('unauthenticated', 'Token has been revoked');
    }
    return this.session({ ...present, tokenEpoch });
  }

  private session(user: TokenHolder): Session {
    return { access: this.tokens.issue(user, 'access'), refresh: this.tokens.issue(user, 'refresh') };
  }

  private failure(address: string, username: string, message: string): AppError {
    const seconds = this.failures.fail(JSON.stringify([address, username]));
    if (seconds === undefined) return new AppError('unauthenticated', message);
    return new AppError('throttled', `Too many failed logins, try again in ${seconds} seconds`, seconds);
  }
}

import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { Database } from '../prisma/database.js';
import { EpochListener } from './epoch-listener.js';
import { currentEpoch, endEpoch, EPOCH_MEMORY_SECONDS, replacePasswordHash, type UserEpoch } from './token-epochs.js';

/**
 * Knows which tokens were ended before their time without asking the database for every request: the users whose
 * epoch was raised within a refresh token's lifetime are few, and kept here. Whenever it might not have heard of a
 * change it asks the database instead, so that a revoked token never passes because a connection died.
 */
@Injectable()
export class Revocations implements OnModuleInit, OnModuleDestroy {
  readonly listener: EpochListener;
  private readonly logger = new Logger(Revocations.name);
  /** User id → the epoch from which on tokens are good, and when it may be forgotten (performance.now()). */
  private readonly known = new Map<number, { epoch: number; until: number }>();
  private warned = false;

  constructor(
    @Inject(CONFIG) config: ServiceConfig,
    private readonly database: Database,
  ) {
    this.listener = new EpochListener(config.databaseUrl)
      .on('loaded', (epochs) => this.onLoaded(epochs))
      .on('announced', (epoch) => this.note(epoch))
      .on('lost', (error) => this.onLost(error));
  }

  /** Does not wait for the connection: until it stands, the database is asked. */
  onModuleInit(): void {
    this.listener.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.listener.stop();
  }

  /** True where a token of this user and epoch was ended. Throws `unavailable` where the database would have to tell and is away. */
  async isRevoked(userId: number, epoch: number): Promise<boolean> {
    const known = this.knowsRevoked(userId, epoch);
    if (known !== undefined) return known;
    const current = await currentEpoch(this.database, userId);
    return current === undefined || epoch < current;
  }

  /** The same, as far as it can be told without the database; undefined where it would have to be asked. */
  knowsRevoked(userId: number, epoch: number): boolean | undefined {
    if (epoch < (this.known.get(userId)?.epoch ?? 0)) return true;
    return this.listener.healthy ? false : undefined;
  }

  /** Ends the user's tokens up to this epoch, here at once and on all other instances. */
  async endTokens(userId: number, epoch: number): Promise<void> {
    const raised = await endEpoch(this.database, userId, epoch);
    if (raised !== undefined) this.note(raised);
  }

  /** Changes the password and ends all tokens. Returns the new epoch, undefined where the password was changed meanwhile. */
  async changePassword(userId: number, oldHash: string, newHash: string): Promise<number | undefined> {
    const raised = await replacePasswordHash(this.database, userId, oldHash, newHash);
    if (raised !== undefined) this.note(raised);
    return raised?.epoch;
  }

  /** Remembers a raised epoch that is committed. */
  note({ userId, epoch }: UserEpoch): void {
    const highest = Math.max(epoch, this.known.get(userId)?.epoch ?? 0);
    // Deleted first, so that the map stays in order of time and what may be forgotten stands at its beginning.
    this.known.delete(userId);
    this.known.set(userId, { epoch: highest, until: performance.now() + EPOCH_MEMORY_SECONDS * 1000 });
    for (const [id, { until }] of this.known) {
      if (until > performance.now()) break;
      this.known.delete(id);
    }
  }

  private onLoaded(epochs: readonly UserEpoch[]): void {
    for (const epoch of epochs) this.note(epoch);
    if (this.warned) this.logger.log('hears of ended sessions again');
    this.warned = false;
  }

  private onLost(error: Error): void {
    // At the very first start the tables are still being made.
    if ('code' in error && error.code === UNDEFINED_TABLE) return;
    if (!this.warned) this.logger.warn(`asks the database for every token until it is back: ${error.message}`);
    this.warned = true;
  }
}

/** PostgreSQL's SQLSTATE undefined_table. */
const UNDEFINED_TABLE = '42P01';

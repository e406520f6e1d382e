import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { binaryRows } from './binary-query.js';
import type { BinaryRows, RowMemory } from './binary-rows.js';
import { BufferPool } from '../json/buffer-pool.js';
import { ConnectionWatch } from './connection-watch.js';
import { DatabaseSocket } from './database-socket.js';
import { databaseFault } from '../errors/database-error.js';

/** A connection inside one transaction. Named SQL functions take it, so that nothing else is in scope there. */
export type Transaction = pg.PoolClient;

/** Either a transaction or the pool, for statements that are whole by themselves. */
export interface Queryable {
  query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
}

/** A statement that each connection parses once and plans a few times: for what is asked all the time in the same words. */
export class PreparedStatement {
  /** @param name its own among all of them; a connection keeps it under this name */
  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {}

  with(values: unknown[]): pg.QueryConfig {
    return { name: this.name, text: this.text, values };
  }
}

/**
 * SQL of a list among the values of a prepared statement, the length of which PostgreSQL does not look at when it plans. Where it does, a
 * plan for the few elements at hand always looks cheaper than the one for any list, and it plans anew for each request.
 */
export function listValue(number: number, elementType: string): string {
  return `(SELECT $${number}::${elementType}[])::${elementType}[]`;
}

/** Where bytes are read as they lie in the database. */
export interface BinarySource {
  binaryRows(statement: pg.QueryConfig, memory: RowMemory, expectedBytes: number): Promise<BinaryRows>;
}

/** What rows that take little take at most, as a rule; and what may lie here unused for the next ones. */
const EXPECTED_BYTES = 64 * 1024;
const POOLED_BYTES = 1024 * 1024;

/** The one connection pool: Prisma's adapter and the hot SQL share it. */
@Injectable()
export class Database implements Queryable, BinarySource, OnApplicationShutdown {
  readonly pool: pg.Pool;
  private readonly watch: ConnectionWatch;
  private readonly memory = new BufferPool(POOLED_BYTES);
  private readonly logger = new Logger(Database.name);

  constructor(@Inject(CONFIG) config: ServiceConfig) {
    this.pool = new pg.Pool({
      connectionString: config.databaseUrl,
      max: config.databasePoolSize,
      application_name: 'tallyhouse',
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 60_000,
      keepAlive: true,
      stream: () => new DatabaseSocket(),
      // The shorter one tells who waits for somebody else (55P03) from who has too much to do (57014).
      lock_timeout: 60_000,
      statement_timeout: 120_000,
      idle_in_transaction_session_timeout: 60_000,
    });
    this.watch = new ConnectionWatch(this.pool, config.databaseUrl);
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    this.pool.on('error', (error) => this.logger.warn(`idle database connection lost: ${error.message}`));
    // So would one that breaks between two statements of a transaction; its next statement fails, and that is enough.
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Runs `work` in one READ COMMITTED transaction: its result is returned only after COMMIT was confirmed.
   * Throws `unavailable` where the database is away, `tooSlow` where it gave a statement up; whatever `work` throws rolls everything back.
   */
  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const tx = await this.pool.connect().catch((error: unknown) => rethrow(error));
    let broken: Error | undefined;
    try {
      await tx.query('BEGIN');
      const result = await work(tx);
      await tx.query('COMMIT');
      return result;
    } catch (error) {
      await tx.query('ROLLBACK').catch((failure: unknown) => (broken = failure as Error));
      return rethrow(error);
    } finally {
      tx.release(broken);
    }
  }

  /** One statement of its own. Throws `unavailable` and `tooSlow` like a transaction. */
  async query<R extends pg.QueryResultRow>(
    statement: string | pg.QueryConfig,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    return this.pool.query<R>(statement, values).catch((error: unknown) => rethrow(error));
  }

  /**
   * The rows of a prepared statement in binary, in memory of about `expectedBytes` that the caller releases. Throws `unavailable` and
   * `tooSlow` like a transaction.
   */
  async binaryRows(statement: pg.QueryConfig, memory: RowMemory, expectedBytes: number): Promise<BinaryRows> {
    const client = await this.pool.connect().catch((error: unknown) => rethrow(error));
    let broken: Error | undefined;
    try {
      return await binaryRows(client, statement, memory, expectedBytes);
    } catch (error) {
      broken = error as Error;
      return rethrow(error);
    } finally {
      client.release(broken);
    }
  }

  /**
   * What `read` makes of the rows of a prepared statement in binary, which it may look at only meanwhile: for rows that take little.
   * Throws `unavailable` and `tooSlow` like a transaction.
   */
  async reading<T>(statement: pg.QueryConfig, read: (rows: BinaryRows) => T): Promise<T> {
    const rows = await this.binaryRows(statement, this.memory, EXPECTED_BYTES);
    try {
      return read(rows);
    } finally {
      rows.release();
    }
  }

  /** Whether the database answers, within two seconds, however busy the pool is. */
  async answers(): Promise<boolean> {
    return this.watch.answers();
  }

  /** Comes after the last request was answered, which onModuleDestroy does not. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.watch.stop(), this.pool.end()]);
  }
}

function rethrow(error: unknown): never {
  const fault = databaseFault(error);
  throw fault === undefined ? error : Object.assign(fault, { cause: error });
}

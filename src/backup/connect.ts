import pg from 'pg';
import { BackupError } from './backup-error.js';

/**
 * Runs `work` over a connection of its own, on which statements take as long as they take. Throws BackupError where the
 * database can't be reached.
 */
export async function withConnection<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'tallyhouse-backup',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // A connection that breaks fails the query at hand; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new BackupError(`The database can't be reached: ${(error as Error).message || 'no connection'}.`);
  }
  try {
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0');
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

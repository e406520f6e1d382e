import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of a test's own, cloned from a migrated template. */
export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Clones the template that the global setup made; cloning takes some 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return createDatabase('template_tallyhouse');
}

/** A database without anything in it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template1');
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const server = process.env['TEST_DATABASE_SERVER'];
  if (server === undefined) throw new Error('the global setup did not run');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await administer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

/** One statement on the server's own database; cloning a template must be alone with it, so it is tried again. */
async function administer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(1)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}

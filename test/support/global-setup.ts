import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Jest loads this file through `require`, where no `.js` stands for a `.ts`: so what was built is taken, typed as its source. */
const built = (path: string): Promise<unknown> => import(`../../dist/${path}`);

/** Starts one PostgreSQL in a temporary folder for all tests, with a migrated template to clone. */
export default async function setup(): Promise<void> {
  type Embedded = typeof import('../../src/embedded/embedded-postgres.js');
  type Migrations = typeof import('../../src/prisma/migrations.js');
  const { startEmbeddedPostgres } = (await built('embedded/embedded-postgres.js')) as Embedded;
  const { migrate } = (await built('prisma/migrations.js')) as Migrations;
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-test-'));
  // Where root can't have a user namespace, PostgreSQL runs as another user, who must get here.
  await chmod(folder, 0o755);
  const postgres = await startEmbeddedPostgres({
    folder: join(folder, 'postgres'),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  });
  process.env['TEST_DATABASE_SERVER'] = postgres.url;
  const template = new URL(postgres.url);
  template.pathname = '/template_tallyhouse';
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await client.query('CREATE DATABASE template_tallyhouse');
  await client.end();
  await migrate(template.href);
  globalThis.endTestDatabase = async () => {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

declare global {
  var endTestDatabase: (() => Promise<void>) | undefined;
}

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { applyMigrations, readMigrations } from '../../src/prisma/migrations.js';
import { sql } from '../support/admin.js';
import { run } from '../support/backup.js';
import { call, logIn, registerUser, submit } from '../support/client.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { ADMIN, type RunningService, startService } from '../support/service.js';
import { StoredState } from '../support/stored.js';

let folder: string;
const databases: TestDatabase[] = [];
const services: RunningService[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-backup-'));
  // Where user namespaces are not permitted, the embedded server's user has to get in.
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.end()));
  await Promise.all(databases.splice(0).map((database) => database.drop()));
  await rm(folder, { recursive: true });
});

async function kept<T extends TestDatabase>(database: Promise<T>): Promise<T> {
  databases.push(await database);
  return database;
}

async function started(...parameters: Parameters<typeof startService>): Promise<RunningService> {
  const service = await startService(...parameters);
  services.push(service);
  return service;
}

async function backUpAndRestore(source: TestDatabase, target: TestDatabase): Promise<void> {
  const done = { code: 0, err: '' };
  expect(await run('backup', [join(folder, 'backup')], { DATABASE_URL: source.url })).toMatchObject(done);
  expect(await run('restore', [join(folder, 'backup')], { DATABASE_URL: target.url })).toMatchObject(done);
}

async function fingerprint(database: TestDatabase): Promise<unknown[]> {
  const state = await StoredState.of(database.url);
  const hashes = (await state.fingerprint()) as unknown[];
  await state.close();
  // Users differ, since their tokens end.
  return hashes.slice(0, -1);
}

/** Constraints, triggers, indexes and sequences, by what defines them. */
async function definitions(database: TestDatabase): Promise<unknown> {
  return sql(
    database.url,
    `SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) AS line FROM pg_constraint
      WHERE connamespace = current_schema()::regnamespace
     UNION ALL SELECT tgenabled::text || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()
     UNION ALL SELECT sequencename || ' ' || coalesce(last_value, 0) FROM pg_sequences
      WHERE sequencename <> 'user_id_seq' ORDER BY 1`,
  );
}

/** A user's simulation with results, logs and tasks. */
async function fill(url: string, username = 'ada') {
  const user = await registerUser(url, username);
  const job = await submit(url, user.token);
  const worker = { simulation_id: job.job_id, update_key: job.update_key };
  const page = { page_number: 1, name: 'Dose', data: { values: [0.1, 2e-5], dimensions: [[0, 1]], unit: 'Gy' } };
  const bodies = {
    tasks: { ...worker, task_id: 1, update_dict: { task_state: 'COMPLETED' } },
    logfiles: { ...worker, logfiles: { stdout: 'done\n' } },
    results: { ...worker, estimators: [{ name: 'dose_', pages: [page] }] },
  };
  for (const [path, body] of Object.entries(bodies)) {
    expect((await call(`${url}/${path}`, { method: 'POST', body })).status).toBe(202);
  }
  return { user, job };
}

async function readAll(url: string, { user, job }: Awaited<ReturnType<typeof fill>>): Promise<string[]> {
  const token = await logIn(url, user);
  const paths = ['results', 'estimators', 'inputs', 'logfiles', 'tasks'].map((path) => `${path}?job_id=${job.job_id}`);
  return Promise.all(
    [...paths, 'simulations'].map(async (path) => (await call(`${url}/${path}`, { token })).bytes.toString()),
  );
}

test('a restored database is row for row and rule for rule what it was', async () => {
  const source = await kept(createTestDatabase());
  const target = await kept(createEmptyDatabase());
  await fill((await started(source.url)).url);
  await backUpAndRestore(source, target);
  expect(await fingerprint(target)).toStrictEqual(await fingerprint(source));
  expect(await definitions(target)).toStrictEqual(await definitions(source));
});

test('a backup of an older version is restored as it was, and the next start brings it up to date', async () => {
  const older = await kept(createEmptyDatabase());
  const target = await kept(createEmptyDatabase());
  const migrations = await readMigrations();
  const client = new pg.Client({ connectionString: older.url });
  await client.connect();
  await applyMigrations(client, migrations.slice(0, 1));
  await client.query(
    `INSERT INTO "user" (username, password_hash) VALUES ('old', 'x');
     INSERT INTO simulation (job_id, owner_id, title, sim_type, input_type, ntasks, update_key_hash, input_payload_id,
                             input_blocks, input_stored_bytes, input_raw_bytes)
     VALUES ('old-job', 1, 'Old', 'fluka', 'files', 1, sha256('the key of an old simulation, 32 or more'), 1, 0, 0, 0);
     INSERT INTO result_summary (simulation_id) VALUES (1); INSERT INTO log_summary (simulation_id) VALUES (1);
     INSERT INTO task_summary (simulation_id) VALUES (1);
     INSERT INTO task (simulation_id, task_id, state) VALUES (1, 1, 'FAILED'), (1, 2, 'COMPLETED')`,
  );
  await client.end();
  await backUpAndRestore(older, target);
  const applied = 'SELECT migration_name AS name FROM _prisma_migrations ORDER BY 1';
  expect(await sql(target.url, applied)).toStrictEqual([{ name: migrations[0]?.name }]);
  expect(await sql(target.url, 'SELECT failed, completed, version FROM task_summary')).toStrictEqual([
    { failed: 1, completed: 1, version: '1' },
  ]);

  const { url } = await started(target.url);
  expect(await sql(target.url, applied)).toStrictEqual(migrations.map(({ name }) => ({ name })));
  const worker = { simulation_id: 'old-job', update_key: 'the key of an old simulation, 32 or more' };
  const update = { ...worker, task_id: 3, update_dict: { task_state: 'COMPLETED' } };
  expect((await call(`${url}/tasks`, { method: 'POST', body: update })).status).toBe(202);
  const tasks = (await call(`${url}/tasks?job_id=old-job`, { token: await logIn(url, ADMIN) })).json()['tasks'];
  expect(tasks).toMatchObject([{ task_state: 'FAILED' }, { task_state: 'COMPLETED' }, { task_state: 'COMPLETED' }]);
  await fill(url);
});

test('a backup of a newer version is refused by name', async () => {
  const newer = await kept(createTestDatabase());
  const target = await kept(createEmptyDatabase());
  await sql(
    newer.url,
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('n', 'c', '20990101000000_new', now())`,
  );
  await run('backup', [join(folder, 'backup')], { DATABASE_URL: newer.url });
  const { code, err } = await run('restore', [join(folder, 'backup')], { DATABASE_URL: target.url });
  expect(code).toBe(1);
  expect(err).toContain('was made by a newer Tallyhouse, with the migration 20990101000000_new');
  expect(await sql(target.url, `SELECT FROM pg_class WHERE relname = 'simulation'`)).toStrictEqual([]);
});

test('tables of the operator are told of and left out', async () => {
  const source = await kept(createTestDatabase());
  const target = await kept(createEmptyDatabase());
  await sql(source.url, 'CREATE TABLE notes AS SELECT 1 AS number');
  await run('backup', [join(folder, 'backup')], { DATABASE_URL: source.url });
  const { code, err } = await run('restore', [join(folder, 'backup')], { DATABASE_URL: target.url });
  expect([code, err]).toStrictEqual([0, `restore: left out the table "notes", which is none of Tallyhouse's.\n`]);
});

const SEVERAL_STARTS_MS = 180_000;

test.each(['running', 'stopped'])(
  'the embedded database is found where its service is %s, and made where there is none',
  async (name) => {
    const of = (dataDir: string) => ({ DATA_DIR: join(folder, dataDir), DATABASE_URL: '' });
    const source = await started('', of('first'));
    const stored = await fill(source.url);
    const before = await readAll(source.url, stored);
    if (name === 'stopped') await services.pop()?.end();
    expect(await run('backup', [join(folder, 'backup')], of('first'))).toMatchObject({ code: 0, err: '' });
    await services.pop()?.end();
    expect(await run('restore', [join(folder, 'backup')], of('second'))).toMatchObject({ code: 0, err: '' });
    const restored = await started('', of('second'));
    expect(await readAll(restored.url, stored)).toStrictEqual(before);
  },
  SEVERAL_STARTS_MS,
);

import { readFile } from 'node:fs/promises';
import pg from 'pg';
import { migrate } from '../../src/prisma/migrations.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

interface Column {
  readonly type: string;
  readonly required: boolean;
}

/** Prisma's types as PostgreSQL names them. */
const TYPES: Readonly<Record<string, string>> = {
  String: 'text',
  Int: 'integer',
  BigInt: 'bigint',
  Boolean: 'boolean',
  Bytes: 'bytea',
  Json: 'jsonb',
};
const NATIVE: Readonly<Record<string, string>> = {
  'Timestamptz(3)': 'timestamp(3) with time zone',
  Uuid: 'uuid',
};

/** Tables and columns of schema.prisma, by the names that they are mapped to. */
async function schemaTables(): Promise<Map<string, Map<string, Column>>> {
  const schema = await readFile(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
  const mapOf = (body: string) => /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
  const enums = new Map(
    [...schema.matchAll(/^enum (\w+) \{([^}]*)\}/gm)].map(([, name, body]) => [name, mapOf(body ?? '')]),
  );
  const models = [...schema.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)];
  const names = new Set(models.map(([, name]) => name));
  return new Map(models.map(([, , body = '']) => [mapOf(body), columnsOf(body, enums, names)]));
}

function columnsOf(
  body: string,
  enums: ReadonlyMap<string | undefined, string>,
  models: ReadonlySet<string | undefined>,
): Map<string, Column> {
  const columns = new Map<string, Column>();
  for (const line of body.split('\n')) {
    const match = /^\s+(\w+)\s+(\w+)(\[\]|\?)?(.*)$/.exec(line);
    if (match === null || models.has(match[2])) continue;
    const [, field = '', type = '', suffix, rest = ''] = match;
    const native = /@db\.([\w()]+)/.exec(rest)?.[1];
    const base = native === undefined ? (TYPES[type] ?? enums.get(type) ?? type) : (NATIVE[native] ?? native);
    const name = /@map\("(\w+)"\)/.exec(rest.replace(/@@map.*/, ''))?.[1] ?? field;
    // Prisma makes lists without NOT NULL.
    columns.set(name, { type: suffix === '[]' ? `${base}[]` : base, required: suffix === undefined });
  }
  return columns;
}

async function databaseTables(): Promise<Map<string, Map<string, Column>>> {
  const { rows } = await client.query<{ table: string; column: string; type: string; required: boolean }>(
    `SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS required
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE n.nspname = 'public' AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND c.relname <> '_prisma_migrations'`,
  );
  const tables = new Map<string, Map<string, Column>>();
  for (const { table, column, type, required } of rows) {
    tables.set(table, (tables.get(table) ?? new Map<string, Column>()).set(column, { type, required }));
  }
  return tables;
}

const sorted = (tables: Map<string, Map<string, Column>>) =>
  [...tables].sort().map(([table, columns]) => [table, [...columns].sort(([a], [b]) => (a < b ? -1 : 1))]);

test('the migrated database has the tables and columns of schema.prisma', async () => {
  expect(sorted(await databaseTables())).toStrictEqual(sorted(await schemaTables()));
});

test('the indexes and keys of schema.prisma are there, under the names that Prisma gives', async () => {
  const schema = await readFile(new URL('../../prisma/schema.prisma', import.meta.url), 'utf8');
  const expected: string[] = [];
  for (const [, body = ''] of schema.matchAll(/^model \w+ \{\n([\s\S]*?)^\}/gm)) {
    const table = /@@map\("(\w+)"\)/.exec(body)?.[1] ?? '';
    const column = (field: string) => new RegExp(`^\\s+${field}\\s.*?@map\\("(\\w+)"\\)`, 'm').exec(body)?.[1] ?? field;
    const list = (fields: string) => fields.split(',').map((field) => column(field.trim().replace(/\(.*/, '')));
    expected.push(`${table}_pkey`);
    for (const [, fields = ''] of body.matchAll(/@@unique\(\[([^\]]+)\]\)/g))
      expected.push(`${table}_${list(fields).join('_')}_key`);
    for (const [, fields = ''] of body.matchAll(/@@index\(\[([^\]]+)\]\)/g))
      expected.push(`${table}_${list(fields).join('_')}_idx`);
    for (const [, field = ''] of body.matchAll(/^\s+(\w+)\s.*@unique/gm))
      expected.push(`${table}_${column(field)}_key`);
  }
  const { rows } = await client.query<{ indexname: string }>(
    "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'",
  );
  expect(rows.map(({ indexname }) => indexname).sort()).toStrictEqual(expected.sort());
});

test('applied migrations are recorded as Prisma records them, and not applied again', async () => {
  expect(await migrate(database.url)).toStrictEqual([]);
  const { rows } = await client.query('SELECT * FROM _prisma_migrations');
  for (const row of rows as Record<string, unknown>[]) {
    expect(row).toMatchObject({ applied_steps_count: 1, logs: null, rolled_back_at: null });
    expect(row['checksum']).toMatch(/^[0-9a-f]{64}$/);
    expect(row['finished_at']).toBeInstanceOf(Date);
  }
});

test('instances that start at once on an empty database apply every migration once', async () => {
  const url = new URL(database.url);
  url.pathname = '/migrated_at_once';
  await client.query('CREATE DATABASE migrated_at_once');
  try {
    const applied = await Promise.all([migrate(url.href), migrate(url.href), migrate(url.href)]);
    const { rowCount } = await client.query('SELECT 1 FROM _prisma_migrations');
    expect(applied.flat()).toHaveLength(rowCount ?? 0);
  } finally {
    await client.query('DROP DATABASE migrated_at_once WITH (FORCE)');
  }
});

test('a migration that was changed after it was applied is refused', async () => {
  await client.query("UPDATE _prisma_migrations SET checksum = 'changed'");
  await expect(migrate(database.url)).rejects.toThrow('was changed after it had been applied to this database');
});

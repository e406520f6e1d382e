import pg from 'pg';
import { readRules, readSequences, readTables } from '../../src/backup/catalog.js';
import { createEmptyDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createEmptyDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`
    CREATE TYPE colour AS ENUM ('red', 'green');
    CREATE TABLE plain (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "Odd name" text, tint colour, numbers bigint[],
                        doubled integer GENERATED ALWAYS AS (length("Odd name") * 2) STORED, gone text);
    ALTER TABLE plain DROP COLUMN gone;
    CREATE TABLE listed (id serial PRIMARY KEY, tints colour[]);
    CREATE TABLE parted (id integer) PARTITION BY RANGE (id);
    CREATE TABLE parted_low PARTITION OF parted FOR VALUES FROM (0) TO (10);
    CREATE VIEW seen AS SELECT id FROM plain;
    CREATE TABLE hen (id integer PRIMARY KEY, egg integer);
    CREATE TABLE egg (id integer PRIMARY KEY, hen integer REFERENCES hen (id) ON DELETE CASCADE);
    ALTER TABLE hen ADD CONSTRAINT "the egg" FOREIGN KEY (egg) REFERENCES egg (id) DEFERRABLE;
    CREATE TABLE counted (hens integer); INSERT INTO counted VALUES (0);
    CREATE FUNCTION count_hen() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN UPDATE counted SET hens = hens + 1; RETURN NULL; END';
    CREATE TRIGGER "on" AFTER INSERT ON hen FOR EACH ROW EXECUTE FUNCTION count_hen();
    CREATE TRIGGER always AFTER INSERT ON hen FOR EACH ROW EXECUTE FUNCTION count_hen();
    ALTER TABLE hen ENABLE ALWAYS TRIGGER always;
    CREATE TRIGGER off AFTER INSERT ON hen FOR EACH ROW EXECUTE FUNCTION count_hen();
    ALTER TABLE hen DISABLE TRIGGER off;`);
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

test('every table with rows is found, with its stored columns, and travels as text where object numbers would be in it', async () => {
  const tables = await readTables(client);
  expect(tables.map(({ name }) => name)).toStrictEqual(['counted', 'egg', 'hen', 'listed', 'parted_low', 'plain']);
  const [listed, , plain] = tables.slice(3);
  expect(listed).toStrictEqual({ name: 'listed', columns: ['id', 'tints'], format: 'text', isCompressed: false });
  expect(plain).toStrictEqual({
    name: 'plain',
    columns: ['id', 'Odd name', 'tint', 'numbers'],
    format: 'binary',
    isCompressed: false,
  });
});

test('sequences of every kind are found, used or not', async () => {
  await client.query(`INSERT INTO plain ("Odd name") VALUES ('a'), ('b')`);
  expect(await readSequences(client)).toStrictEqual([
    { name: 'listed_id_seq', lastValue: '1', isCalled: false },
    { name: 'plain_id_seq', lastValue: '2', isCalled: true },
  ]);
});

test('rules are lifted for rows in any order, and stand as before afterwards', async () => {
  const definitions = async (): Promise<unknown[]> => {
    const { rows } = await client.query<{ line: string }>(
      `SELECT conname || pg_get_constraintdef(oid) AS line FROM pg_constraint WHERE contype = 'f'
       UNION ALL SELECT tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
    );
    return rows;
  };
  const before = await definitions();
  const { lift, restore } = await readRules(client);
  await client.query('BEGIN');
  for (const statement of lift) await client.query(statement);
  await client.query('INSERT INTO hen VALUES (1, 2)');
  await client.query('INSERT INTO egg VALUES (2, 1)');
  for (const statement of restore) await client.query(statement);
  await client.query('COMMIT');
  expect(await definitions()).toStrictEqual(before);
  expect((await client.query('SELECT hens FROM counted')).rows).toStrictEqual([{ hens: 0 }]);
});

test('rows that break a foreign key are refused when the rules come back', async () => {
  const { lift, restore } = await readRules(client);
  await client.query('BEGIN');
  for (const statement of lift) await client.query(statement);
  await client.query('INSERT INTO hen VALUES (3, 99)');
  const back = (async () => {
    for (const statement of restore) await client.query(statement);
  })();
  await expect(back).rejects.toThrow('violates foreign key constraint');
  await client.query('ROLLBACK');
});

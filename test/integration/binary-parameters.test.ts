import pg from 'pg';
import fc from 'fast-check';
import { arrayText, byteaArray, int4Array, int8Array, textArray } from '../../src/prisma/binary-array.js';
import { binaryRows } from '../../src/prisma/binary-rows.js';
import { type BinaryValue, copyIn } from '../../src/prisma/copy-in.js';
import { BufferPool } from '../../src/json/buffer-pool.js';
import { PreparedStatement } from '../../src/prisma/database.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.url);
  await client.connect();
  await client.query('CREATE TEMPORARY TABLE copied (n integer, large bigint, bytes bytea, list integer[])');
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

const memory = new BufferPool(1024 * 1024);
const SELECT = new PreparedStatement('copied', 'SELECT n, large, bytes, list FROM copied ORDER BY ctid');

const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '').toWellFormed());

test('lists in binary arrive as they are', async () => {
  const rows = fc.array(
    fc.record({
      int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      large: fc.maxSafeNat(),
      word: fc.option(text),
      bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      words: fc.array(text),
    }),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(rows, async (sent) => {
      const { rows: received } = await client.query(
        `SELECT int, large::text, word, bytes, words::text[]
           FROM unnest($1::int[], $2::bigint[], $3::text[], $4::bytea[], $5::text[]) AS t(int, large, word, bytes, words)`,
        [
          int4Array(sent.map(({ int }) => int)),
          int8Array(sent.map(({ large }) => large)),
          textArray(sent.map(({ word }) => word)),
          byteaArray(sent.map(({ bytes }) => bytes)),
          textArray(sent.map(({ words }) => arrayText(words))),
        ],
      );
      expect(received).toStrictEqual(sent.map((row) => ({ ...row, large: String(row.large) })));
    }),
    { numRuns: 50 },
  );
});

test('rows that are copied in come out again, whatever the size of their pieces', async () => {
  const pieces = fc.array(fc.oneof(fc.constant(40_000), fc.nat(300)).map((length) => Buffer.alloc(length, 'x')));
  const rows = fc.array(fc.record({ n: fc.integer(), large: fc.maxSafeNat(), bytes: fc.option(pieces) }));
  await fc.assert(
    fc.asyncProperty(rows, async (sent) => {
      await client.query('TRUNCATE copied');
      const values = sent.map(({ n, large, bytes }) => [{ int4: n }, { int8: large }, bytes, [int4Array([n, 1])]]);
      await copyIn(client, 'copied (n, large, bytes, list)', inTurn(values));
      const copied = await binaryRows(client, SELECT.with([]), memory, 64);
      const received: unknown[] = [];
      while (copied.next()) {
        const bytes = copied.isNull(2) ? null : copied.endOf(2) - copied.startOf(2);
        received.push([copied.int4(0), copied.int8(1), bytes, copied.int4s(3)]);
      }
      expect(received).toStrictEqual(
        sent.map(({ n, large, bytes }) => [n, large, bytes && Buffer.concat(bytes).length, [n, 1]]),
      );
    }),
    { numRuns: 30 },
  );
});

test('where a copy fails the reason is told, and the connection goes on', async () => {
  const rows = () => inTurn<BinaryValue[]>([[{ int4: 1 }, { int4: 1 }, null, null]]);
  await expect(copyIn(client, 'copied (n, large, bytes, list)', rows())).rejects.toThrow(
    'insufficient data left in message',
  );
  await expect(copyIn(client, 'nowhere (n)', rows())).rejects.toThrow('relation "nowhere" does not exist');
  async function* failing(): AsyncGenerator<BinaryValue[]> {
    yield [{ int4: 1 }, { int8: 1 }, null, null];
    await Promise.reject(new Error('the spool is gone'));
  }
  await expect(copyIn(client, 'copied (n, large, bytes, list)', failing())).rejects.toThrow('the spool is gone');
  expect((await client.query('SELECT 1 AS one')).rows).toStrictEqual([{ one: 1 }]);
});

async function* inTurn<T>(values: Iterable<T>): AsyncGenerator<T> {
  for (const value of values) yield await Promise.resolve(value);
}

test('rows come in binary for values of every kind, lists and NULL among them', async () => {
  const EVERYTHING = new PreparedStatement(
    'everything',
    'SELECT $1::text AS a, $2::int AS b, $3::bool AS c, $4::bytea AS d, $5::text[] AS e, $6::int[] AS f, NULL::text AS g FROM generate_series(1, $7::int)',
  );
  const row = fc.record({
    word: text,
    n: fc.integer(),
    yes: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 200_000 }).map((bytes) => Buffer.from(bytes)),
    words: fc.array(text),
    numbers: fc.array(fc.integer()),
    times: fc.nat(3),
  });
  await fc.assert(
    fc.asyncProperty(row, async ({ word, n, yes, bytes, words, numbers, times }) => {
      const values = [word, n, yes, bytes, textArray(words), int4Array(numbers), times];
      const rows = await binaryRows(client, EVERYTHING.with(values), memory, 0);
      let count = 0;
      for (; rows.next(); count++) {
        expect([rows.text(0), rows.int4(1), rows.bytes[rows.startOf(2)] === 1]).toStrictEqual([word, n, yes]);
        expect(rows.bytes.subarray(rows.startOf(3), rows.endOf(3)).equals(bytes)).toBe(true);
        expect([rows.texts(4), rows.int4s(5), rows.isNull(6), rows.isNull(0)]).toStrictEqual([
          words,
          numbers,
          true,
          false,
        ]);
      }
      expect(count).toBe(times);
      rows.release();
    }),
    { numRuns: 50 },
  );
});

test('a notice between rows goes to who listens for it, and after an error the connection goes on', async () => {
  const notices: string[] = [];
  client.on('notice', ({ message }) => notices.push(String(message)));
  await client.query(`CREATE FUNCTION pg_temp.noted(n integer) RETURNS integer LANGUAGE plpgsql AS $$
    BEGIN RAISE NOTICE 'row %', n; RETURN 10 / (3 - n); END $$`);
  const NOTED = new PreparedStatement('noted', 'SELECT pg_temp.noted(n) FROM generate_series(1, $1::int) n');
  const rows = await binaryRows(client, NOTED.with([2]), memory, 0);
  const received: number[] = [];
  while (rows.next()) received.push(rows.int4(0));
  expect(received).toStrictEqual([5, 10]);
  expect(notices).toStrictEqual(['row 1', 'row 2']);
  await expect(binaryRows(client, NOTED.with([3]), memory, 0)).rejects.toThrow('division by zero');
  await expect(binaryRows(client, NOTED.with([0]), memory, 0).then((none) => none.next())).resolves.toBe(false);
  expect((await client.query('SELECT 1 AS one')).rows).toStrictEqual([{ one: 1 }]);
});

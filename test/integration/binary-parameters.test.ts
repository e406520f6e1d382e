import { buffer } from 'node:stream/consumers';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import fc from 'fast-check';
import { byteaArray, int4Array } from '../../src/prisma/binary-array.js';
import { binaryRows } from '../../src/prisma/binary-query.js';
import { copyIn, type CopyRows, rowsOf } from '../../src/prisma/copy-in.js';
import { BufferPool } from '../../src/json/buffer-pool.js';
import { PreparedStatement } from '../../src/prisma/database.js';
import { DatabaseSocket } from '../../src/prisma/database-socket.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;
/** Whose socket reads to where the bytes are needed, as the service's do. */
let direct: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client(database.url);
  direct = new pg.Client({ connectionString: database.url, stream: () => new DatabaseSocket() });
  await Promise.all([client.connect(), direct.connect()]);
  await client.query(
    `CREATE TEMPORARY TABLE copied (n integer, large bigint, bytes bytea, word text, ints integer[], larges bigint[], words text[])`,
  );
});

afterAll(async () => {
  await Promise.all([client.end(), direct.end()]);
  await database.drop();
});

const memory = new BufferPool(1024 * 1024);
const SELECT = 'SELECT n, large, bytes, word, ints, larges::text[], words FROM copied ORDER BY ctid';

const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', '').toWellFormed());

test('lists in binary arrive as they are', async () => {
  const rows = fc.array(
    fc.record({
      int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      bytes: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    }),
    { maxLength: 20 },
  );
  await fc.assert(
    fc.asyncProperty(rows, async (sent) => {
      const { rows: received } = await client.query(
        'SELECT int, bytes FROM unnest($1::int[], $2::bytea[]) AS t(int, bytes)',
        [int4Array(sent.map(({ int }) => int)), byteaArray(sent.map(({ bytes }) => bytes))],
      );
      expect(received).toStrictEqual(sent.map((row) => ({ ...row })));
    }),
    { numRuns: 50 },
  );
});

interface Copied {
  readonly n: number;
  readonly large: number;
  readonly pieces: readonly Buffer[] | null;
  readonly word: string;
  readonly words: readonly string[];
  readonly waits: boolean;
}

const COPIED = 'copied (n, large, bytes, word, ints, larges, words)';

/** Every second row or so has to wait for something. */
function writeCopied(rows: CopyRows, copied: Copied): Promise<void> | undefined {
  const write = () => {
    const { n, large, pieces, word, words } = copied;
    rows.row(7);
    rows.int4(n);
    rows.int8(large);
    if (pieces === null) rows.null();
    else rows.bytes(pieces);
    rows.text(word);
    rows.int4List([n, 1]);
    rows.int8List([large, 0, 2 ** 32 - 1]);
    rows.textList(words);
  };
  if (copied.waits) return Promise.resolve().then(write);
  write();
  return undefined;
}

test('rows that are copied in come out again, whatever their values and the size of their pieces', async () => {
  const pieces = fc.array(fc.oneof(fc.constant(40_000), fc.nat(300)).map((length) => Buffer.alloc(length, 'x')));
  const long = fc.nat(40_000).map((length) => 'ż'.repeat(length));
  const rows = fc.array(
    fc.record({
      n: fc.integer(),
      large: fc.maxSafeNat(),
      pieces: fc.option(pieces),
      word: fc.oneof(text, long),
      words: fc.array(fc.oneof(text, long), { maxLength: 3 }),
      waits: fc.boolean(),
    }),
  );
  await fc.assert(
    fc.asyncProperty(rows, async (sent) => {
      await client.query('TRUNCATE copied');
      await copyIn(client, [rowsOf(COPIED, sent, writeCopied)]);
      const { rows: received } = await client.query({ text: SELECT, rowMode: 'array' });
      expect(received).toStrictEqual(
        sent.map(({ n, large, pieces: sentPieces, word, words }) => [
          ...[n, String(large), sentPieces && Buffer.concat(sentPieces), word],
          ...[[n, 1], [large, 0, 2 ** 32 - 1].map(String), words],
        ]),
      );
    }),
    { numRuns: 30 },
  );
});

test('where a copy fails the reason is told, and the connection goes on', async () => {
  const wrong = (rows: CopyRows) => {
    rows.row(2);
    rows.int4(1);
    rows.int4(1);
    return undefined;
  };
  await expect(copyIn(client, [rowsOf('copied (n, large)', [1], wrong)])).rejects.toThrow(
    'insufficient data left in message',
  );
  await expect(copyIn(client, [rowsOf('nowhere (n)', [1], wrong)])).rejects.toThrow(
    'relation "nowhere" does not exist',
  );
  const failing = () => Promise.reject(new Error('the spool is gone'));
  await expect(copyIn(client, [rowsOf('copied (n, large)', [1], failing)])).rejects.toThrow('the spool is gone');
  const throwing = () => {
    throw new Error('no such page');
  };
  await expect(copyIn(client, [rowsOf('copied (n, large)', [1], throwing)])).rejects.toThrow('no such page');
  expect((await client.query('SELECT 1 AS one')).rows).toStrictEqual([{ one: 1 }]);
});

test('rows of several tables go in together, and none where one of them fails', async () => {
  await client.query('CREATE TEMPORARY TABLE beside (n integer PRIMARY KEY, bytes bytea)');
  const write = (rows: CopyRows, n: number) => {
    rows.row(2);
    rows.int4(n);
    rows.bytes([Buffer.alloc(100_000, n)]);
    return undefined;
  };
  const into = (table: string, items: readonly number[]) => rowsOf(`${table} (n, bytes)`, items, write);
  const stored = async () => {
    const { rows } = await client.query(
      `SELECT (SELECT array_agg(n ORDER BY n) FROM copied) AS copied, (SELECT array_agg(n ORDER BY n) FROM beside) AS beside`,
    );
    return rows[0] as unknown;
  };
  await client.query('TRUNCATE copied');
  await copyIn(client, [into('copied', [1, 2]), into('beside', [3]), into('beside', []), into('copied', [4])]);
  expect(await stored()).toStrictEqual({ copied: [1, 2, 4], beside: [3] });

  const many = Array.from({ length: 200 }, (_, n) => n);
  const twice = copyIn(client, [into('beside', [5, 3]), into('copied', many)]);
  await expect(twice).rejects.toThrow('duplicate key');
  const gone = copyIn(client, [into('copied', many), into('beside', [6]), into('nowhere', many)]);
  await expect(gone).rejects.toThrow('relation "nowhere" does not exist');
  const failing = rowsOf('beside (n, bytes)', [7], () => Promise.reject(new Error('the spool is gone')));
  await expect(copyIn(client, [into('copied', [8]), failing, into('copied', many)])).rejects.toThrow(
    'the spool is gone',
  );
  expect(await stored()).toStrictEqual({ copied: [1, 2, 4], beside: [3] });
});

/** As the input of text[]. */
function listText(words: readonly string[]): string {
  return `{${words.map((word) => `"${word.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

const SOCKETS = [
  { socket: 'a socket of Node', clientOf: () => client },
  { socket: 'a socket that reads into place', clientOf: () => direct },
];

test.each(SOCKETS)('rows come in binary for values of every kind over $socket', async ({ clientOf }) => {
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
    times: fc.nat(8),
    expectedBytes: fc.nat(200_000),
  });
  await fc.assert(
    fc.asyncProperty(row, async ({ word, n, yes, bytes, words, numbers, times, expectedBytes }) => {
      const values = [word, n, yes, bytes, listText(words), int4Array(numbers), times];
      const rows = await binaryRows(clientOf(), EVERYTHING.with(values), memory, expectedBytes);
      const positions: number[] = [];
      const isRight = () => {
        expect([rows.text(0), rows.int4(1), rows.bytes[rows.startOf(2)] === 1]).toStrictEqual([word, n, yes]);
        expect(rows.bytes.subarray(rows.startOf(3), rows.endOf(3)).equals(bytes)).toBe(true);
        expect([rows.texts(4), rows.int4s(5), rows.isNull(6), rows.isNull(0)]).toStrictEqual([
          words,
          numbers,
          true,
          false,
        ]);
      };
      while (rows.next()) {
        positions.push(rows.position);
        isRight();
      }
      for (const position of positions.reverse()) {
        rows.goTo(position);
        isRight();
      }
      expect(positions).toHaveLength(times);
      rows.release();
    }),
    { numRuns: 50 },
  );
});

test.each(SOCKETS)('notices and errors between rows go to who waits for them over $socket', async ({ clientOf }) => {
  const client = clientOf();
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

test('what the driver reads itself comes whole over a socket that reads into place', async () => {
  const { rows } = await direct.query<{ text: string }>(
    'SELECT repeat(n::text, n * 1000) AS text FROM generate_series(1, 60) n',
  );
  expect(rows.map(({ text: received }) => received)).toStrictEqual(
    Array.from({ length: 60 }, (_, index) => String(index + 1).repeat((index + 1) * 1000)),
  );
  const copied = await buffer(direct.query(copyTo("COPY (SELECT repeat('x', 3000000)) TO STDOUT")));
  expect(copied.toString()).toBe(`${'x'.repeat(3_000_000)}\n`);
  const again = await binaryRows(direct, new PreparedStatement('one', 'SELECT 1').with([]), memory, 0);
  expect([again.next(), again.int4(0), again.next()]).toStrictEqual([true, 1, false]);
});

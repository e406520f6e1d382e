import { cp, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Manifest, manifestText, sumsText } from '../../src/backup/manifest.js';
import { sql } from '../support/admin.js';
import { type Outcome, partsOf, run, start, untilUnderWay } from '../support/backup.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../support/database.js';
import { TcpProxy } from '../support/tcp-proxy.js';

let root: string;
let whole: string;
let source: TestDatabase;
let empty: TestDatabase;
let network: TcpProxy;
let count = 0;
let folder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyhouse-backup-'));
  source = await createTestDatabase();
  empty = await createEmptyDatabase();
  network = await TcpProxy.to(source.url);
  // 20 MB that no compression makes less.
  await sql(
    source.url,
    `INSERT INTO payload_block (simulation_id, payload_id, block, body)
     SELECT 1, n, 0, (SELECT string_agg(sha256(convert_to(n || '/' || m, 'UTF8')), '') FROM generate_series(1, 32768) m)
       FROM generate_series(1, 20) n`,
  );
  whole = join(root, 'whole');
  expect(await run('backup', [whole], { DATABASE_URL: source.url })).toMatchObject({ code: 0, err: '' });
}, 120_000);
beforeEach(() => {
  count += 1;
  folder = join(root, `backup-${count}`);
});
afterAll(async () => {
  await network.close();
  await Promise.all([source.drop(), empty.drop()]);
  await rm(root, { recursive: true });
});

const restore = (args: readonly string[], database = empty) => run('restore', args, { DATABASE_URL: database.url });

async function tablesOf(database: TestDatabase): Promise<unknown[]> {
  return sql(database.url, 'SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace');
}

/** Turns one bit of a file around. */
async function flip(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte.writeUInt8(byte.readUInt8() ^ 1);
  await file.write(byte, 0, 1, at);
  await file.close();
}

/** Writes another manifest into a copy, as if the backup had been made so. */
async function remade(change: (manifest: Manifest) => Manifest): Promise<string> {
  await cp(whole, folder, { recursive: true });
  const manifest = change(JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest);
  const text = manifestText(manifest);
  await writeFile(join(folder, 'manifest.json'), text);
  await writeFile(join(folder, 'SHA256SUMS'), sumsText(text, manifest));
  return folder;
}

describe('a backup that is not whole', () => {
  test('is refused wherever one bit of it is turned around, and nothing is written', async () => {
    await cp(whole, folder, { recursive: true });
    const files = await readdir(folder);
    expect(files.length).toBeGreaterThan(15);
    for (const file of files) {
      const path = join(folder, file);
      const at = Math.floor((await readFile(path)).length / 2);
      await flip(path, at);
      const { code, err } = await restore([folder, '--check']);
      expect({ file, code, err }).toMatchObject({
        code: 1,
        err: expect.stringMatching(/damaged|can't be restored/) as string,
      });
      await flip(path, at);
    }
    await flip(join(folder, 'payload_block.copy.gz'), 10_000_000);
    const { code, err } = await restore([folder]);
    expect({ code, err }).toStrictEqual({
      code: 1,
      err: `restore: ${folder} is damaged: payload_block.copy.gz is not what was written (its SHA-256 differs).\n`,
    });
    expect(await tablesOf(empty)).toStrictEqual([]);
  });

  test.each(['manifest.json', 'SHA256SUMS', 'page.copy.gz'])('is refused without its %s', async (file) => {
    await cp(whole, folder, { recursive: true });
    await rm(join(folder, file));
    const { code, err } = await restore([folder]);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining(`no ${file}`.slice(3)) as string });
    expect(await tablesOf(empty)).toStrictEqual([]);
  });

  test('with other rows than it says is rolled back whole', async () => {
    const lessOne = (manifest: Manifest) => ({
      ...manifest,
      tables: manifest.tables.map((table) => (table.name === 'payload_block' ? { ...table, rows: 19 } : table)),
    });
    expect(await restore([await remade(lessOne)])).toMatchObject({
      code: 1,
      err: 'restore: The table "payload_block" has 20 rows instead of 19.\n',
    });
    expect(await tablesOf(empty)).toStrictEqual([]);
  });
});

describe('a backup that is interrupted', () => {
  /** In its middle for as long as it is held. */
  async function held(): Promise<ReturnType<typeof start>> {
    network.spoil({ bytesPerSecond: 2_000_000 }, ['down']);
    const backup = start('backup', [folder], { DATABASE_URL: network.url });
    await untilUnderWay(folder);
    network.spoil({ held: true }, ['down']);
    return backup;
  }
  afterEach(() => network.heal());

  test('by kill -9 leaves no folder of its name, and what it leaves is refused', async () => {
    const { child, done } = await held();
    child.kill('SIGKILL');
    await done;
    expect(await readdir(root)).not.toContain(`backup-${count}`);
    const [part = ''] = await partsOf(folder);
    expect(await restore([part])).toMatchObject({
      code: 1,
      err: expect.stringContaining('is no finished backup') as string,
    });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('by %s leaves nothing', async (signal, code) => {
    const { child, done } = await held();
    child.kill(signal);
    expect(await done).toMatchObject({ code, out: '' });
    expect((await readdir(root)).filter((name) => name.includes(`backup-${count}`))).toStrictEqual([]);
  });

  test('by a network that breaks says so and leaves nothing', async () => {
    const { done } = await held();
    network.cut();
    const { code, err } = await done;
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringMatching(/^backup: [^\n]+\n$/) as string });
    expect((await readdir(root)).filter((name) => name.includes(`backup-${count}`))).toStrictEqual([]);
  });
});

describe('what is there already', () => {
  test('is never overwritten by a backup', async () => {
    await mkdir(folder);
    expect(await run('backup', [folder], { DATABASE_URL: source.url })).toMatchObject({
      code: 1,
      err: `backup: ${folder} exists already: a backup never overwrites anything.\n`,
    });
    expect(await readdir(folder)).toStrictEqual([]);
  });

  test('is never overwritten by a restore', async () => {
    const used = await createTestDatabase();
    const [rows] = await sql(used.url, 'SELECT epoch FROM database_epoch');
    const { code, err } = await restore([whole], used);
    expect({ code, err }).toMatchObject({
      code: 1,
      err: expect.stringMatching(/The database is not empty: it has/) as string,
    });
    expect((await sql(used.url, 'SELECT epoch FROM database_epoch'))[0]).toStrictEqual(rows);
    await used.drop();
  });
});

describe('the command line', () => {
  const without: Outcome = { code: 2, out: '', err: 'backup: Name one folder (see --help).\n' };

  test('wants one folder, and no options that it does not know', async () => {
    expect(await run('backup', [], {})).toStrictEqual(without);
    expect(await run('backup', ['a', 'b'], {})).toStrictEqual(without);
    const { code, err } = await run('restore', ['a', '--force'], {});
    expect([code, err]).toStrictEqual([2, expect.stringContaining(`Unknown option '--force'`)]);
  });

  test.each(['backup', 'restore'] as const)('explains %s', async (program) => {
    const { code, out, err } = await run(program, ['--help'], {});
    expect([code, err]).toStrictEqual([0, '']);
    expect(out).toContain(`npm run ${program} -- FOLDER`);
  });

  test('names what is wrong with the database', async () => {
    const noServer = { DATABASE_URL: 'postgresql://tallyhouse:secret-word@127.0.0.1:9/x' };
    const away = await run('backup', [folder], noServer);
    expect(away).toMatchObject({ code: 1, err: expect.stringContaining("can't be reached") as string });
    expect(away.err).not.toContain('secret-word');
    const other = await run('backup', [folder], { DATABASE_URL: empty.url });
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining('none of Tallyhouse') as string });
    const nothing = await run('backup', [folder], { DATA_DIR: join(root, 'nowhere') });
    expect(nothing).toMatchObject({ code: 1, err: expect.stringContaining('There is no database') as string });
    const production = await run('backup', [folder], { NODE_ENV: 'production' });
    expect(production).toMatchObject({ code: 1, err: expect.stringContaining('DATABASE_URL: must be set') as string });
    expect(await readdir(root)).not.toContain('nowhere');
  });
});

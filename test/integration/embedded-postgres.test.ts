import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { transformFile } from '@swc/core';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres, startWithMeans } from '../../src/embedded/embedded-postgres.js';
import { locatePostgresBinaries } from '../../src/embedded/postgres-binaries.js';
import { processExists, processStart } from '../../src/embedded/process-identity.js';
import { accountOf, canUse } from '../../src/embedded/server-account.js';
import { StartError } from '../../src/embedded/start-error.js';

const SETTINGS = { fsync: 'off', shared_buffers: '16MB' };
const isRoot = process.getuid?.() === 0;
// What only root can try: files and processes of other users.
const asRoot = isRoot ? it : it.skip;
const asRootWithNamespaces = isRoot && spawnSync('unshare', ['--user', 'true']).status === 0 ? it : it.skip;

let root: string;
let folder: string;
let count = 0;
const running = new Set<EmbeddedPostgres>();
const starters = new Set<ChildProcess>();
const movedTo = new Set<string>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyhouse-embedded-'));
  // Where user namespaces are not permitted, the server's user has to get in.
  await chmod(root, 0o755);
  await compileStarter();
});
beforeEach(() => {
  count += 1;
  folder = join(root, `database-${count}`);
});
afterEach(async () => {
  for (const starter of starters) starter.kill('SIGKILL');
  await Promise.all([...running].map((server) => server.stop()));
  running.clear();
  starters.clear();
});
afterAll(async () => {
  for (const path of [root, ...movedTo]) await rm(path, { recursive: true, force: true, maxRetries: 20 });
});

describe('the embedded PostgreSQL', () => {
  it('keeps its data, its password and its folder to itself over a restart', async () => {
    const first = await start();
    await query(first.url, 'CREATE TABLE page AS SELECT 1 AS number');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'SELECT number FROM page')).toEqual([{ number: 1 }]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, 'password'))).mode & 0o777).toBe(0o600);
  });

  it('is UTF-8, sorts by code point and listens on the loopback address only', async () => {
    const { url } = await start();
    const sql = `SELECT current_setting('server_encoding') AS encoding, current_setting('listen_addresses') AS addresses,
      current_setting('unix_socket_directories') AS sockets, current_setting('fsync') AS fsync, 'Z' < 'a' AS sorted,
      upper('é') AS upper`;
    const expected = { encoding: 'UTF8', addresses: '127.0.0.1', sockets: '', fsync: 'off', sorted: true, upper: 'É' };
    expect(await query(url, sql)).toEqual([expected]);
  });

  it('refuses a wrong password', async () => {
    const wrong = new URL((await start()).url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('runs twice side by side in two folders', async () => {
    const [one, other] = await Promise.all([start(), startIn(`${folder}-other`)]);
    expect(new URL(one.url).port).not.toBe(new URL(other.url).port);
    expect(await query(one.url, 'SELECT 1 AS one')).toEqual(await query(other.url, 'SELECT 1 AS one'));
  });

  it('tells when it ends although nobody stopped it, and starts again', async () => {
    const reason = new Promise<string>((onExit) => void startIn(folder, onExit).then(killPostmaster));
    expect(await reason).toMatch(/^The embedded PostgreSQL .+\.$/);
    await Promise.all([...running].map((server) => server.stop()));
    const again = await start();
    expect(await query(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('ends when the process that started it is killed, and what was committed is there at the next start', async () => {
    const { url, process: starter } = await startElsewhere();
    const client = await connect(url);
    await client.query('CREATE TABLE page AS SELECT 1 AS number');
    const postmaster = await postmasterPid();
    const cut = new Promise((cutOff) => client.once('end', cutOff));
    starter.kill('SIGKILL');
    await cut;
    const again = await start();
    expect(await query(again.url, 'SELECT number FROM page')).toEqual([{ number: 1 }]);
    expect(processExists(postmaster)).toBe(false);
  });

  it('ends when the process that started it is killed, with nobody starting it again', async () => {
    const { process: starter } = await startElsewhere();
    const postmaster = await postmasterPid();
    starter.kill('SIGKILL');
    while (processStart(postmaster) !== undefined) await delay(20);
    expect(await readdir(join(folder, 'data'))).not.toContain('postmaster.pid');
  });

  it('refuses a folder that another live process uses, naming it', async () => {
    const { process: starter } = await startElsewhere();
    const message = `The folder ${folder} is in use by process ${starter.pid ?? 0}.`;
    await expect(start()).rejects.toEqual(new StartError(message));
  });

  it('refuses a folder that this process uses already', async () => {
    await start();
    await expect(start()).rejects.toThrow(`is in use by process ${process.pid}.`);
  });

  it('is not hindered by stale files whose pids belong to other processes now', async () => {
    await (await start()).stop();
    await writeFile(join(folder, 'lock'), `${process.pid}\nanother start\n`);
    const postmasterFile = `${process.pid}\n${folder}/data\n1\n5432\n\n127.0.0.1\n  1 1\nready\n`;
    const path = join(folder, 'data', 'postmaster.pid');
    await writeFile(path, postmasterFile, { mode: 0o600 });
    const { uid, gid } = await stat(join(folder, 'data'));
    await chown(path, uid, gid);
    const { url } = await start();
    expect(await query(url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('refuses data of another major version, naming both and the folder', async () => {
    await mkdir(join(folder, 'data'), { recursive: true });
    await writeFile(join(folder, 'data', 'PG_VERSION'), '15\n');
    await expect(start()).rejects.toThrow(StartError);
    await expect(start()).rejects.toThrow(`The database in ${folder}/data is of PostgreSQL 15, this is PostgreSQL 18`);
  });

  it('refuses a folder data that holds no database', async () => {
    await mkdir(join(folder, 'data'), { recursive: true });
    await expect(start()).rejects.toThrow(`The folder ${folder}/data exists but holds no PostgreSQL database`);
  });

  it('starts anew after an initdb that was killed', async () => {
    await mkdir(join(folder, 'data.init-left', 'base'), { recursive: true });
    const changes = watch(folder);
    const starter = spawnStarter();
    for await (const { filename } of changes) {
      if (/^data\.init-\w{12}$/.test(filename ?? '')) break;
    }
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    await start();
    expect((await readdir(folder)).sort()).toEqual(['data', 'lock', 'password', 'postgres.log']);
  });

  it('says which folder cannot be created', async () => {
    await writeFile(folder, 'a regular file');
    await expect(startIn(join(folder, 'below'))).rejects.toThrow(StartError);
    await expect(startIn(join(folder, 'below'))).rejects.toThrow(
      `The folder ${folder}/below for the database cannot be`,
    );
  });

  it('quotes its log when it does not start, and frees the folder', async () => {
    const failing = startEmbeddedPostgres({ folder, settings: { ...SETTINGS, max_connections: 'many' } });
    await expect(failing).rejects.toThrow(
      /PostgreSQL exited with code 1 .*invalid value for parameter "max_connections"/,
    );
    expect(await readdir(folder)).not.toContain('lock');
  });

  it('begins a new log when the old one has become large', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'postgres.log'), Buffer.alloc(5 * 1024 * 1024, 'x'));
    await start();
    expect((await stat(join(folder, 'postgres.log'))).size).toBeLessThan(1024 * 1024);
  });

  asRootWithNamespaces('keeps its data in place under a folder that only root may enter', async () => {
    await mkdir(folder, { mode: 0o700 });
    const inside = join(folder, 'inside');
    const { notes } = await startIn(inside);
    expect(notes).toEqual([]);
    expect(await readdir(inside)).toContain('data');
  });

  asRoot('moves where its user may enter if user namespaces are not permitted, says so, and stays there', async () => {
    await mkdir(folder, { mode: 0o700 });
    const inside = join(folder, 'inside');
    const before = await startIn(inside);
    await query(before.url, 'CREATE TABLE page AS SELECT 1 AS number');
    await before.stop();
    const moved = track(await startWithMeans({ folder: inside, settings: SETTINGS }, { userNamespaces: false }));
    expect(moved.notes[0]).toMatch(/^The database is in \S+, because/);
    expect(await query(moved.url, 'SELECT number FROM page')).toEqual([{ number: 1 }]);
    expect(await readdir(inside)).not.toContain('data');
    await moved.stop();
    const after = await startIn(inside);
    expect(await query(after.url, 'SELECT number FROM page')).toEqual([{ number: 1 }]);
    expect(after.notes[0]).toBe(moved.notes[0]);
  });

  asRoot("runs in an ordinary user's folder as that user, who can start it afterwards", async () => {
    const [uid = 0, gid = 0] = (await ordinaryUser()).map(Number);
    const postgres = join(await locatePostgresBinaries(), 'bin', 'postgres');
    // A clone that only root may enter is of no use to that user.
    if (!(await canUse(accountOf({ uid, gid }), postgres))) return;
    const own = await mkdtemp(join(root, 'own-'));
    await chown(own, uid, gid);
    await startIn(own);
    expect((await stat(join(own, 'data'))).uid).toBe(uid);
    expect((await stat(join(own, 'password'))).uid).toBe(uid);
  });
});

function start(): Promise<EmbeddedPostgres> {
  return startIn(folder);
}

async function startIn(path: string, onExit?: (reason: string) => void): Promise<EmbeddedPostgres> {
  return track(await startEmbeddedPostgres({ folder: path, settings: SETTINGS, ...(onExit && { onExit }) }));
}

function track(server: EmbeddedPostgres): EmbeddedPostgres {
  running.add(server);
  for (const note of server.notes) movedTo.add(/ in (\S+\/tallyhouse-\w{12})[/,]/.exec(note)?.[1] ?? '');
  movedTo.delete('');
  return server;
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = await connect(url);
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function postmasterPid(): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'data', 'postmaster.pid'), 'utf8'), 10);
}

async function killPostmaster(): Promise<void> {
  process.kill(await postmasterPid(), 'SIGKILL');
}

async function ordinaryUser(): Promise<string[]> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  return /^nobody:[^:]*:(\d+):(\d+):/m.exec(passwd)?.slice(1) ?? [];
}

/** A process of its own that starts the server in `folder` and holds it until it is killed. */
function spawnStarter(): ChildProcess {
  const args = [join(root, 'starter', 'start.mjs'), folder, JSON.stringify(SETTINGS)];
  const starter = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  starters.add(starter);
  return starter;
}

async function startElsewhere(): Promise<{ url: string; process: ChildProcess }> {
  const starter = spawnStarter();
  if (starter.stdout === null) throw new Error('the starter has no output');
  const [url] = (await once(createInterface(starter.stdout), 'line')) as [string];
  return { url, process: starter };
}

/** A plain Node process cannot load our TypeScript, so it gets the compiled module. */
async function compileStarter(): Promise<void> {
  const source = resolve('src/embedded');
  const target = join(root, 'starter');
  await mkdir(target);
  await symlink(resolve('node_modules'), join(target, 'node_modules'));
  await writeFile(join(target, 'package.json'), '{ "type": "module" }');
  for (const name of await readdir(source)) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
    const parser = { syntax: 'typescript' } as const;
    const options = { swcrc: false, module: { type: 'es6' }, jsc: { parser, target: 'es2022' } } as const;
    const { code } = await transformFile(join(source, name), options);
    await writeFile(join(target, name.replace(/\.ts$/, '.js')), code);
  }
  const script = `import { startEmbeddedPostgres } from './embedded-postgres.js';
    const [folder, settings] = process.argv.slice(2);
    const { url } = await startEmbeddedPostgres({ folder, settings: JSON.parse(settings) });
    console.log(url);`;
  await writeFile(join(target, 'start.mjs'), script);
}

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { Revocations } from '../../src/auth/revocations.js';
import { readConfig } from '../../src/config/config.js';
import type { ServiceConfig } from '../../src/config/config.module.js';
import { Database } from '../../src/prisma/database.js';
import { createTestDatabase } from '../support/database.js';

let testDatabase: Awaited<ReturnType<typeof createTestDatabase>>;
let config: ServiceConfig;
let database: Database;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  // Lost connections are what this is about; their warnings need no reader.
  Logger.overrideLogger(false);
  testDatabase = await createTestDatabase();
  config = { ...readConfig({}), databaseUrl: testDatabase.url, jwtSecret: 'not needed here' };
  database = new Database(config);
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});
afterAll(async () => {
  await database.onApplicationShutdown();
  await testDatabase.drop();
});

/** An instance of its own on the same database; what it listens on comes by `url`. */
function newInstance(url = testDatabase.url): Revocations {
  const revocations = new Revocations({ ...config, databaseUrl: url }, database);
  open.push(() => revocations.onModuleDestroy());
  return revocations;
}

async function listening(revocations: Revocations): Promise<Revocations> {
  revocations.onModuleInit();
  await once(revocations.listener, 'loaded');
  return revocations;
}

let users = 0;
async function newUser(): Promise<number> {
  const sql = `INSERT INTO "user" (username, password_hash, roles) VALUES ($1, 'old hash', '{}') RETURNING id`;
  const { rows } = await database.query<{ id: number }>(sql, [`user ${++users}`]);
  return rows[0]?.id ?? 0;
}

describe('an end of tokens', () => {
  it('counts at once where it happened, and the other instances hear of it', async () => {
    const [here, there] = [await listening(newInstance()), await listening(newInstance())];
    const user = await newUser();
    expect(await there.isRevoked(user, 0)).toBe(false);
    const heard = once(there.listener, 'announced');
    await here.endTokens(user, 0);
    expect(await here.isRevoked(user, 0)).toBe(true);
    expect(await heard).toEqual([{ userId: user, epoch: 1 }]);
    expect(await there.isRevoked(user, 0)).toBe(true);
    expect(await there.isRevoked(user, 1)).toBe(false);
  });

  it('leaves later tokens alone when an ended one asks for it', async () => {
    const here = await listening(newInstance());
    const user = await newUser();
    await here.endTokens(user, 0);
    await here.endTokens(user, 0);
    expect(await here.isRevoked(user, 1)).toBe(false);
  });

  it('comes with a new password, unless that was changed meanwhile', async () => {
    const here = await listening(newInstance());
    const user = await newUser();
    expect(await here.changePassword(user, 'old hash', 'new hash')).toBe(1);
    expect(await here.changePassword(user, 'old hash', 'another hash')).toBeUndefined();
    expect(await here.isRevoked(user, 0)).toBe(true);
    expect(await here.isRevoked(user, 1)).toBe(false);
  });

  it('is known to an instance that starts later, without asking', async () => {
    const user = await newUser();
    await newInstance().endTokens(user, 0);
    const later = await listening(newInstance());
    expect(later.listener.healthy).toBe(true);
    expect(await later.isRevoked(user, 0)).toBe(true);
  });

  it('is asked for by an instance that does not listen yet', async () => {
    const user = await newUser();
    const deaf = newInstance();
    expect(await deaf.isRevoked(user, 0)).toBe(false);
    await newInstance().endTokens(user, 0);
    expect(await deaf.isRevoked(user, 0)).toBe(true);
    expect(await deaf.isRevoked(2_000_000_000, 0)).toBe(true);
  });

  it('that was missed is made up for after a reconnect', async () => {
    const there = await listening(newInstance());
    const user = await newUser();
    const sql = `UPDATE "user" SET token_epoch = 1, token_epoch_changed_at = now() WHERE id = $1`;
    await database.query(sql, [user]);
    expect(await there.isRevoked(user, 0)).toBe(false);
    const back = once(there.listener, 'loaded');
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'tallyhouse-listen' AND datname = current_database()`,
    );
    await back;
    expect(there.listener.healthy).toBe(true);
    expect(await there.isRevoked(user, 0)).toBe(true);
  });

  it('does not pass by an instance whose connection is half open', async () => {
    const proxy = await stallingProxy(testDatabase.url);
    open.push(proxy.close);
    const there = await listening(newInstance(proxy.url));
    const user = await newUser();
    const lost = once(there.listener, 'lost');
    proxy.stall();
    await newInstance().endTokens(user, 0);
    await lost;
    expect(there.listener.healthy).toBe(false);
    expect(await there.isRevoked(user, 0)).toBe(true);
  });
});

/** A way to the database that can fall silent without closing anything. */
async function stallingProxy(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let stalled = false;
  const server = createServer((client) => {
    sockets.add(client.on('error', () => undefined));
    if (stalled) return;
    const upstream = connect(Number(port), hostname).on('error', () => undefined);
    sockets.add(upstream);
    client.pipe(upstream);
    upstream.pipe(client);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    stall: () => {
      stalled = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

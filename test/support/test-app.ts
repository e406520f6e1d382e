import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { UserService } from '../../src/auth/user.service.js';
import { type Config, readConfig } from '../../src/config/config.js';
import { createApp } from '../../src/create-app.js';
import type { WorkerBody } from '../../src/ingest/worker-body.js';
import { Database } from '../../src/prisma/database.js';
import { MigrationsService } from '../../src/prisma/migrations.service.js';
import type { Viewer } from '../../src/simulations/simulation-access.service.js';
import { SimulationsService } from '../../src/simulations/simulations.service.js';
import type { TestBroker } from './amqp.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** The application on a database of its own, without a socket. */
export interface TestApp {
  readonly app: NestFastifyApplication;
  readonly database: Database;
  readonly owner: Viewer;
  close(): Promise<void>;
}

export async function createTestApp(overrides: Partial<Config> = {}, database?: TestDatabase): Promise<TestApp> {
  database ??= await createTestDatabase();
  const config = readConfig({
    DATABASE_URL: database.url,
    LOG_LEVEL: 'error',
    JWT_SECRET: 'a secret of a test '.repeat(2),
  });
  const app = await createApp({
    ...config,
    ...overrides,
    databaseUrl: overrides.databaseUrl ?? database.url,
    jwtSecret: config.jwtSecret ?? '',
  });
  await app.init();
  await app.get(MigrationsService).run(new AbortController().signal);
  const users = app.get(UserService);
  await users.ensureUser('owner', 'password of a test');
  const close = async () => {
    await app.close();
    await database.drop();
  };
  const owner = { id: await users.idOf('owner'), username: 'owner', isAdmin: false };
  return { app, database: app.get(Database), owner, close };
}

/** The same, consuming from a broker. */
export async function createConsumingApp(
  broker: TestBroker,
  overrides: Partial<Config> = {},
  database?: TestDatabase,
): Promise<TestApp> {
  const config = { rabbitmqUrl: broker.url, amqpPrefix: broker.prefix, ...overrides };
  const test = await createTestApp(config, database);
  await test.app.startAllMicroservices();
  return test;
}

/** A fresh simulation, as its worker knows it. */
export async function submitSimulation(
  { app, owner }: TestApp,
  ntasks = 2,
): Promise<{ readonly simulation_id: string; readonly update_key: string; readonly id: number }> {
  const { jobId, simId, updateKey } = await app.get(SimulationsService).submit(owner.id, {
    title: 'a test',
    sim_type: 'shieldhit',
    input_type: 'files',
    input: Buffer.from('{"beam.dat":"…"}'),
    ntasks,
  });
  return { simulation_id: jobId, update_key: updateKey, id: simId };
}

/** A body as a door hands it on, cut into chunks of at most `chunkBytes`. */
export function bodyOf(content: unknown, chunkBytes = 65_536): WorkerBody {
  const text = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
  const chunks = async function* () {
    for (let at = 0; at < text.length; at += chunkBytes)
      yield await Promise.resolve(text.subarray(at, at + chunkBytes));
  };
  return { chunks: chunks(), sender: 'test' };
}

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Jest loads this file through `require`, where no `.js` stands for a `.ts`: so what was built is taken, typed as its source. */
const built = (path: string): Promise<unknown> => import(`../../dist/${path}`);

/** Debian starts no service where the runlevel is 1. */
const RUNLEVEL = { RUNLEVEL: '1' } as const;
const INSTALL = 'apt-get install -y --no-install-recommends rabbitmq-server';
const COMMAND = {
  debian: `sudo RUNLEVEL=1 ${INSTALL}`,
  darwin: 'brew install rabbitmq',
  other: 'sudo dnf install -y rabbitmq-server',
} as const;

/** What ends a server that was started for the tests. */
type End = () => Promise<void>;

/**
 * Starts, in a temporary folder for all tests, one PostgreSQL with a migrated template to clone, and one RabbitMQ unless
 * RABBITMQ_URL names one.
 */
export default async function setup(): Promise<void> {
  type Installation = typeof import('../../src/embedded/rabbitmq-installation.js');
  const { isRabbitmqInstalled } = (await built('embedded/rabbitmq-installation.js')) as Installation;
  const brokerUrl = process.env['RABBITMQ_URL'];
  // Before anything runs, since it may end everything.
  if (!brokerUrl) await obtainRabbitmqServer(isRabbitmqInstalled);
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-test-'));
  // Where root can't have a user namespace, PostgreSQL runs as another user, who must get here.
  await chmod(folder, 0o755);
  const started = await Promise.allSettled([
    startDatabase(join(folder, 'postgres')),
    brokerUrl ? useBroker(brokerUrl) : startBroker(join(folder, 'rabbitmq')),
  ]);
  globalThis.endTestServers = async () => {
    await Promise.all(started.filter((one) => one.status === 'fulfilled').map((one) => one.value()));
    await rm(folder, { recursive: true, force: true });
  };
  const failure = started.find((one) => one.status === 'rejected');
  if (failure === undefined) return;
  // Jest runs no teardown after a failed setup.
  await globalThis.endTestServers();
  throw failure.reason;
}

async function startDatabase(folder: string): Promise<End> {
  type Embedded = typeof import('../../src/embedded/embedded-postgres.js');
  type Migrations = typeof import('../../src/prisma/migrations.js');
  const { startEmbeddedPostgres } = (await built('embedded/embedded-postgres.js')) as Embedded;
  const { migrate } = (await built('prisma/migrations.js')) as Migrations;
  const postgres = await startEmbeddedPostgres({
    folder,
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
  return () => postgres.stop();
}

function useBroker(url: string): Promise<End> {
  process.env['TEST_RABBITMQ_URL'] = url;
  return Promise.resolve(() => Promise.resolve());
}

async function startBroker(folder: string): Promise<End> {
  type Embedded = typeof import('../../src/embedded/embedded-rabbitmq.js');
  const { startEmbeddedRabbitmq } = (await built('embedded/embedded-rabbitmq.js')) as Embedded;
  const onExit = (reason: string) => void process.stderr.write(`${reason}\n`);
  const rabbitmq = await startEmbeddedRabbitmq({ folder, onExit });
  if (rabbitmq === undefined) throw new Error('rabbitmq-server went away');
  process.env['TEST_RABBITMQ_URL'] = rabbitmq.url;
  return () => rabbitmq.stop();
}

/**
 * Sees to it that a `rabbitmq-server` is there. Where it is missing, root on Debian gets it installed; for anybody else the run
 * ends with the command to type, since what is published by RabbitMQ is never left untested.
 */
async function obtainRabbitmqServer(isInstalled: () => Promise<boolean>): Promise<void> {
  if (await isInstalled()) return;
  const isDebian = existsSync('/usr/bin/apt-get');
  if (process.getuid?.() === 0 && isDebian) {
    process.stderr.write(`rabbitmq-server is missing, installing it: RUNLEVEL=1 ${INSTALL}\n`);
    const env = { ...process.env, ...RUNLEVEL, DEBIAN_FRONTEND: 'noninteractive' };
    for (const command of ['apt-get update -qq', INSTALL]) {
      spawnSync('sh', ['-c', command], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    }
    if (await isInstalled()) return;
  }
  const system = isDebian ? 'debian' : process.platform === 'darwin' ? 'darwin' : 'other';
  throw new Error(`The tests need a RabbitMQ: set RABBITMQ_URL to one, or install it: ${COMMAND[system]}`);
}

declare global {
  var endTestServers: (() => Promise<void>) | undefined;
}

import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/embedded-postgres.js';
import { type EmbeddedRabbitmq, startEmbeddedRabbitmq } from '../../src/embedded/embedded-rabbitmq.js';
import { findFreePorts } from '../../src/embedded/free-ports.js';
import { ALARMS, control } from './broker-alarm.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/** A PostgreSQL and a RabbitMQ of our own that can be killed and come back, each behind a network that can be spoiled. */
export class FaultWorld {
  private constructor(
    private readonly folder: string,
    private readonly launchPostgres: () => Promise<EmbeddedPostgres>,
    private postgres: EmbeddedPostgres,
    private rabbitmq: EmbeddedRabbitmq,
    /** In front of PostgreSQL, at an address that stays. */
    readonly databaseNetwork: TcpProxy,
    /** In front of RabbitMQ, for the service under test. */
    readonly brokerNetwork: TcpProxy,
  ) {}

  static async start(): Promise<FaultWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-faults-'));
    // Where root can't have a user namespace, PostgreSQL runs as another user, who must get here.
    await chmod(folder, 0o755);
    const [port] = await findFreePorts(1);
    const started = await Promise.allSettled([startPostgres(folder), startRabbitmq(folder, port)]);
    const [postgres, rabbitmq] = started;
    if (postgres.status === 'fulfilled' && rabbitmq.status === 'fulfilled') {
      const networks = await Promise.all([TcpProxy.to(postgres.value.url), TcpProxy.to(rabbitmq.value.url)]);
      return new FaultWorld(folder, () => startPostgres(folder), postgres.value, rabbitmq.value, ...networks);
    }
    for (const one of started) if (one.status === 'fulfilled') await one.value.stop();
    await rm(folder, { recursive: true, force: true });
    throw started.find((one) => one.status === 'rejected')?.reason;
  }

  /** The same broker with another PostgreSQL, which whoever brings it ends; `startPostgres` starts that one again. */
  async withPostgres(launch: () => Promise<EmbeddedPostgres>): Promise<FaultWorld> {
    const postgres = await launch();
    const network = await TcpProxy.to(postgres.url);
    return new FaultWorld(this.folder, launch, postgres, this.rabbitmq, network, this.brokerNetwork);
  }

  /** RabbitMQ's own address, which stays. */
  get brokerUrl(): string {
    return this.rabbitmq.url;
  }

  /** An empty database, reached through the network. */
  async createDatabase(): Promise<string> {
    const name = `row_${randomBytes(4).toString('hex')}`;
    await this.administer(`CREATE DATABASE ${name}`);
    const url = new URL(this.databaseNetwork.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  async dropDatabase(url: string): Promise<void> {
    await this.administer(`DROP DATABASE IF EXISTS ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  }

  /** PostgreSQL ends at once, without a checkpoint (its immediate shutdown). */
  async stopPostgresNow(): Promise<void> {
    const [row] = await this.administer(`SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid`);
    process.kill(row?.['pid'] as number, 'SIGQUIT');
    await this.postgres.stop();
  }

  async startPostgres(): Promise<void> {
    this.postgres = await this.launchPostgres();
    this.databaseNetwork.retarget(this.postgres.url);
  }

  /** RabbitMQ ends in order. */
  async stopRabbitmq(): Promise<void> {
    await this.rabbitmq.stop();
  }

  /** RabbitMQ is killed; what its queues hold is on disk. */
  async killRabbitmq(): Promise<void> {
    process.kill(Number.parseInt(await readFile(join(this.folder, 'rabbitmq', 'node.pid'), 'utf8'), 10), 'SIGKILL');
    await this.rabbitmq.stop();
  }

  /** At the address where it was. */
  async startRabbitmq(): Promise<void> {
    this.rabbitmq = await startRabbitmq(this.folder, Number(new URL(this.rabbitmq.url).port));
  }

  /** The broker runs out of something: it takes nothing from publishers until `endAlarm`. */
  async beginAlarm(what: keyof typeof ALARMS): Promise<void> {
    await control(join(this.folder, 'rabbitmq'), ALARMS[what][0]);
  }

  async endAlarm(what: keyof typeof ALARMS): Promise<void> {
    await control(join(this.folder, 'rabbitmq'), ALARMS[what][1]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.databaseNetwork.close(), this.brokerNetwork.close()]);
    await Promise.all([this.postgres.stop(), this.rabbitmq.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async administer(statement: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.postgres.url });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }
}

/** Everything that a commit promises is on (fsync, synchronous_commit, full_page_writes). */
function startPostgres(folder: string): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({ folder: join(folder, 'postgres'), settings: { max_connections: '200' } });
}

async function startRabbitmq(folder: string, port: number | undefined): Promise<EmbeddedRabbitmq> {
  const options = { folder: join(folder, 'rabbitmq'), ...(port === undefined ? {} : { port }) };
  const rabbitmq = await startEmbeddedRabbitmq(options);
  if (rabbitmq === undefined) throw new Error('The fault suite needs an installed rabbitmq-server.');
  return rabbitmq;
}

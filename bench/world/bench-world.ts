import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/embedded-postgres.js';
import { type EmbeddedRabbitmq, startEmbeddedRabbitmq } from '../../src/embedded/embedded-rabbitmq.js';
import { type Main, ServerProcess } from './server-process.js';

/** A PostgreSQL of the bench's own, a RabbitMQ where one is asked for, and the servers that are measured. */
export class BenchWorld {
  private rabbitmq: EmbeddedRabbitmq | undefined;
  private readonly servers = new Set<ServerProcess>();
  private stopping: Promise<void> | undefined;
  private readonly jwtSecret = randomBytes(32).toString('hex');

  private constructor(
    private readonly folder: string,
    private readonly postgres: EmbeddedPostgres,
    /** The process whose children are PostgreSQL's others. */
    readonly postmaster: number,
  ) {}

  /** Everything that a commit promises is on, as in the service's own embedded database. */
  static async start(): Promise<BenchWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-bench-'));
    // Where root can't have a user namespace, PostgreSQL runs as another user, who must get here.
    await chmod(folder, 0o755);
    const postgres = await startEmbeddedPostgres({
      folder: join(folder, 'postgres'),
      settings: { max_connections: '400' },
    });
    const pidFile = `SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid`;
    const [row] = await querying(postgres.url, (client) =>
      client.query<{ pid: number }>(pidFile).then(({ rows }) => rows),
    );
    return new BenchWorld(folder, postgres, Number(row?.pid));
  }

  async createDatabase(): Promise<string> {
    const name = `bench_${randomBytes(4).toString('hex')}`;
    await querying(this.postgres.url, (client) => client.query(`CREATE DATABASE ${name}`));
    const url = new URL(this.postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** The address of a broker; undefined where none is installed. */
  async broker(): Promise<string | undefined> {
    this.rabbitmq ??= await startEmbeddedRabbitmq({ folder: join(this.folder, 'rabbitmq') });
    return this.rabbitmq?.url;
  }

  /** What a service of ours finds in its environment. */
  environment(databaseUrl: string, brokerUrl?: string): Record<string, string> {
    return {
      PORT: '0',
      DATABASE_URL: databaseUrl,
      DATA_DIR: join(this.folder, 'data'),
      DEMO: 'off',
      JWT_SECRET: this.jwtSecret,
      ADMIN_USERNAME: 'head',
      ADMIN_PASSWORD: this.jwtSecret,
      ...(brokerUrl === undefined ? { ROLE: 'api' } : { RABBITMQ_URL: brokerUrl }),
    };
  }

  /** The service with the yardsticks, in a fresh process; it logs as shipped, into a file. */
  async startService(databaseUrl: string, brokerUrl?: string): Promise<ServerProcess> {
    return this.start('service', this.environment(databaseUrl, brokerUrl));
  }

  /** One route of Fastify and nothing else. */
  async startBareFastify(): Promise<ServerProcess> {
    return this.start('bare-fastify', {});
  }

  /** A consumer that acknowledges and does nothing else. */
  async startBareConsumer(brokerUrl: string): Promise<ServerProcess> {
    return this.start('bare-consumer', { RABBITMQ_URL: brokerUrl });
  }

  async stopServer(server: ServerProcess): Promise<void> {
    this.servers.delete(server);
    await server.stop();
  }

  /** Ends and removes everything, once. */
  stop(): Promise<void> {
    return (this.stopping ??= this.end());
  }

  private async end(): Promise<void> {
    await Promise.all([...this.servers].map((server) => server.stop()));
    await Promise.all([this.postgres.stop(), this.rabbitmq?.stop()]);
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private async start(main: Main, env: Readonly<Record<string, string>>): Promise<ServerProcess> {
    const server = await ServerProcess.start(main, env, join(this.folder, `${main}.log`));
    this.servers.add(server);
    return server;
  }
}

/** Over a connection of its own. */
export async function querying<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

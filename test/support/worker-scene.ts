import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from './admin.js';
import { eventually, TestBroker } from './amqp.js';
import { call, registerUser, submit, type SubmittedJob } from './client.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { type RunningService, startService } from './service.js';

/** The service takes no larger message, so a client that splits wrongly is dead-lettered. */
export const MESSAGE_BYTES = 60_000;
/** Nobody listens there. */
export const UNUSED = 'http://127.0.0.1:9';

interface Page {
  readonly page_number: number;
  readonly data: { readonly values: readonly (number | null)[]; readonly dimensions: readonly (readonly number[])[] };
}
interface Results {
  readonly estimators: readonly { readonly name: string; readonly pages: readonly Page[] }[];
}

/** What a worker client is tested against: a service with a broker, and for each test a simulation and a spool folder. */
export class WorkerScene {
  /** Of the test that runs. */
  job!: SubmittedJob;
  spool!: string;

  private constructor(
    readonly database: TestDatabase,
    readonly broker: TestBroker,
    readonly service: RunningService,
    private readonly token: string,
  ) {}

  static async open(): Promise<WorkerScene> {
    const database = await createTestDatabase();
    const broker = await TestBroker.open();
    const settings = { ...broker.settings, MAX_MESSAGE_BYTES: String(MESSAGE_BYTES) };
    const service = await startService(database.url, settings);
    const { token } = await registerUser(service.url, 'ada');
    return new WorkerScene(database, broker, service, token);
  }

  async close(): Promise<void> {
    await this.service.end();
    await this.broker.close();
    await this.database.drop();
  }

  async beginTest(): Promise<void> {
    this.job = await submit(this.service.url, this.token, { ntasks: 1 });
    this.spool = await mkdtemp(join(tmpdir(), 'tallyhouse-spool-'));
  }

  /** Resolves with what was dead-lettered, which should be nothing. */
  async endTest(): Promise<unknown[]> {
    await rm(this.spool, { recursive: true });
    return sql(this.database.url, 'SELECT reason, error FROM dead_letter');
  }

  /** What a worker of this test's simulation has in its environment; neither door is open but those given. */
  environment(more: Readonly<Record<string, string>>): Record<string, string> {
    return {
      SIMULATION_ID: this.job.job_id,
      UPDATE_KEY: this.job.update_key,
      EXCHANGE: `${this.broker.prefix}ingest`,
      TALLYHOUSE_SPOOL: this.spool,
      TALLYHOUSE_MESSAGE_BYTES: String(MESSAGE_BYTES),
      TALLYHOUSE_PATIENCE: '0',
      ...more,
    };
  }

  overHttp(): Record<string, string> {
    return this.environment({ TALLYHOUSE_URL: this.service.url });
  }

  overAmqp(): Record<string, string> {
    return this.environment({ RABBITMQ_URL: this.broker.url });
  }

  async read<T>(path: string): Promise<T> {
    const answer = await call(`${this.service.url}${path}?job_id=${this.job.job_id}`, { token: this.token });
    expect([path, answer.status]).toStrictEqual([path, 200]);
    return answer.json() as T;
  }

  async jobState(): Promise<string> {
    return (await this.read<{ job_state: string }>('/tasks')).job_state;
  }

  /** Resolves once the results are final. */
  async untilCompleted(): Promise<void> {
    await eventually(async () => expect(await this.jobState()).toBe('COMPLETED'));
  }

  async pagesTotal(): Promise<unknown> {
    const query = `SELECT pages_total FROM result_summary WHERE simulation_id = ${this.job.sim_id}`;
    const rows = await sql(this.database.url, query);
    return rows[0]?.['pages_total'];
  }

  /** Resolves once what is read is what was sent, to the bit: the eight bytes of every double by estimator and page. */
  async readBack(sent: unknown): Promise<void> {
    await eventually(async () => {
      const { estimators } = await this.read<Results>('/results');
      const found = estimators.flatMap(({ name, pages }) =>
        pages.map(({ page_number, data }) => [
          `${name} ${page_number}`,
          [...data.values, ...data.dimensions.flat()].map(bits).join(''),
        ]),
      );
      expect(Object.fromEntries(found)).toStrictEqual(sent);
      expect(found).toHaveLength(Object.keys(sent as object).length);
    });
  }

  /** What waits in the spool folder, oldest first. */
  async waiting(): Promise<string[]> {
    return (await readdir(this.spool, { recursive: true })).filter((name) => name.endsWith('.msg')).sort();
  }

  /** The files of this simulation in the spool folder. */
  async kept(): Promise<string[]> {
    return readdir(join(this.spool, `simulation-${this.job.job_id}`));
  }
}

/** The eight bytes of a double. */
export function bits(value: number | null): string {
  if (value === null) return 'null';
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

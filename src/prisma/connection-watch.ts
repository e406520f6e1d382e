import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';

const INTERVAL_MS = 3_000;
const ANSWER_MS = 6_000;
/** Whoever wants to know whether the database is there gets an answer in this time. */
const PROMPT_MS = 2_000;
const STOP_MS = 1_000;

/**
 * Asks the database a question now and then, over a connection of its own. Where it stops to answer, the connections of the
 * pool are broken as well, some 10 seconds after the network died: one that is half open would keep whoever waits on it for
 * hours.
 */
export class ConnectionWatch {
  private readonly logger = new Logger(ConnectionWatch.name);
  private readonly connections = new Set<pg.PoolClient>();
  private readonly ending = new AbortController();
  private client: pg.Client | undefined;
  private asking: Promise<boolean> | undefined;
  private running: Promise<void> | undefined;

  constructor(
    pool: pg.Pool,
    private readonly connectionString: string,
  ) {
    pool.on('connect', (client) => {
      this.connections.add(client);
      this.running ??= this.run();
    });
    pool.on('remove', (client) => this.connections.delete(client));
  }

  /** Whether the database answers, within two seconds, however busy the pool is. */
  async answers(): Promise<boolean> {
    return Promise.race([this.ask(), delay(PROMPT_MS, false, { ref: false })]);
  }

  async stop(): Promise<void> {
    this.ending.abort();
    const stopped = Promise.resolve(this.running).then(() => this.forget());
    await Promise.race([stopped, delay(STOP_MS, undefined, { ref: false })]);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.ask();
      await delay(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** One question at a time, whoever asks. */
  private async ask(): Promise<boolean> {
    if (this.ending.signal.aborted) return false;
    return (this.asking ??= this.question().finally(() => (this.asking = undefined)));
  }

  private async question(): Promise<boolean> {
    const isEstablished = this.client !== undefined;
    try {
      this.client ??= await this.connect();
      await this.client.query('SELECT 1');
      return true;
    } catch {
      // A database that takes no connections has broken those of the pool itself.
      if (isEstablished) this.breakAll();
      await this.forget();
      return false;
    }
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.connectionString,
      application_name: 'tallyhouse-watch',
      connectionTimeoutMillis: ANSWER_MS,
      query_timeout: ANSWER_MS,
    });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  private breakAll(): void {
    if (this.connections.size === 0) return;
    this.logger.warn('the database does not answer: its connections are broken');
    for (const client of this.connections) socketOf(client)?.destroy();
  }

  /** Not `end()` alone, which would wait for a server that is gone. */
  private async forget(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    if (client === undefined) return;
    const ended = client.end().catch(() => undefined);
    await Promise.race([ended, delay(200)]);
    socketOf(client)?.destroy();
  }
}

function socketOf(client: object): Socket | undefined {
  return (client as { connection?: { stream?: Socket } }).connection?.stream;
}

import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import pg from 'pg';

const INTERVAL_MS = 3_000;
const ANSWER_MS = 6_000;
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
  private asking: pg.Client | undefined;
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

  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.race([this.running, delay(STOP_MS, undefined, { ref: false })]);
  }

  private async run(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.ask();
      await delay(INTERVAL_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
    await this.forget();
  }

  private async ask(): Promise<void> {
    const isEstablished = this.asking !== undefined;
    try {
      this.asking ??= await this.connect();
      await this.asking.query('SELECT 1');
    } catch {
      // A database that takes no connections has broken those of the pool itself.
      if (isEstablished) this.breakAll();
      await this.forget();
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
    const client = this.asking;
    this.asking = undefined;
    if (client === undefined) return;
    const ended = client.end().catch(() => undefined);
    await Promise.race([ended, delay(200)]);
    socketOf(client)?.destroy();
  }
}

function socketOf(client: object): Socket | undefined {
  return (client as { connection?: { stream?: Socket } }).connection?.stream;
}

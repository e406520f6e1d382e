import { EventEmitter } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { EPOCH_CHANNEL, parseAnnouncement, recentEpochs, type UserEpoch } from './token-epochs.js';

interface ListenerEvents {
  /** The recent epochs, loaded after every connect; from here on announcements come in. */
  loaded: [UserEpoch[]];
  announced: [UserEpoch];
  lost: [Error];
}

/** Milliseconds. */
const PING_EVERY = 2_000;
const PING_TIMEOUT = 2_000;
const CONNECT_TIMEOUT = 5_000;
const LONGEST_BACKOFF = 5_000;

/**
 * A connection of its own that hears of every raised epoch. LISTEN comes before the load, so no change falls
 * between both. A ping notices a half-open connection: silence is not trusted for more than about five seconds.
 */
export class EpochListener extends EventEmitter<ListenerEvents> {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  private client: pg.Client | undefined;
  private aliveAt: number | undefined;

  constructor(private readonly databaseUrl: string) {
    super();
  }

  /** True while it would have heard of any change that happened. */
  get healthy(): boolean {
    return this.aliveAt !== undefined && performance.now() - this.aliveAt < PING_EVERY + PING_TIMEOUT + 1_000;
  }

  /** Connects, and reconnects whenever that is needed, until stopped. */
  start(): void {
    this.running ??= this.run();
  }

  /** Ends the connection; resolves once it is gone. */
  async stop(): Promise<void> {
    this.stopping.abort();
    void this.client?.end().catch(() => undefined);
    await this.running;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopped()) {
      try {
        await this.listen(() => (failures = 0));
      } catch (error) {
        this.aliveAt = undefined;
        if (this.stopped()) return;
        this.emit('lost', error as Error);
      }
      await this.pause(Math.min(LONGEST_BACKOFF, 100 * 2 ** failures++)).catch(() => undefined);
    }
  }

  /** One connection's life; it always ends with an error, be it that of the stop. */
  private async listen(onLoaded: () => void): Promise<never> {
    const client = new pg.Client({
      connectionString: this.databaseUrl,
      application_name: 'tallyhouse-listen',
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      query_timeout: PING_TIMEOUT,
      keepAlive: true,
    });
    this.client = client;
    const broken = new Promise<never>((_, reject) => {
      client.on('error', reject);
      client.on('end', () => reject(new Error('the connection ended')));
    });
    broken.catch(() => undefined);
    client.on('notification', ({ payload }) => {
      const epoch = parseAnnouncement(payload);
      if (epoch !== undefined) this.emit('announced', epoch);
    });
    try {
      // A client that is ended while it connects never settles its promise.
      const stopped = this.pause(FOREVER);
      stopped.catch(() => undefined);
      await Promise.race([client.connect(), broken, stopped]);
      await client.query(`LISTEN ${EPOCH_CHANNEL}`);
      this.emit('loaded', await recentEpochs(client));
      onLoaded();
      for (;;) {
        this.aliveAt = performance.now();
        await Promise.race([this.pause(PING_EVERY), broken]);
        await Promise.race([client.query('SELECT 1'), broken]);
      }
    } finally {
      this.aliveAt = undefined;
      await Promise.race([client.end().catch(() => undefined), wait(500, undefined, { ref: false })]);
    }
  }

  private stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private pause(milliseconds: number): Promise<void> {
    return wait(milliseconds, undefined, { ref: false, signal: this.stopping.signal });
  }
}

/** The longest that a timer takes; only the end of the listener ends such a pause. */
const FOREVER = 2 ** 31 - 1;

import { setTimeout as delay } from 'node:timers/promises';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import { type ChannelModel, connect } from 'amqplib';
import { within } from './within.js';

/** A broker that says nothing for two to three times as long is gone, even if its address still takes our bytes. */
const HEARTBEAT_SECONDS = 4;
const CONNECT_MS = 5_000;
const CLOSE_MS = 2_000;
/** A broker may answer its heartbeats and nothing else. */
const PREPARE_MS = 30_000;
const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

export interface BrokerConnectionOptions {
  readonly url: string;
  /** Shown by the broker's management. */
  readonly name: string;
  /** Prepares a fresh connection; what it throws ends the connection, and it is tried again. */
  readonly onOpen: (connection: ChannelModel) => Promise<void>;
}

/**
 * Keeps one connection to the broker: opened again, for as long as it takes, whenever it is lost. What is built on it is
 * built anew by `onOpen`.
 */
export class BrokerConnection {
  private readonly logger: Logger;
  private readonly ending = new AbortController();
  private connection: ChannelModel | undefined;
  private running: Promise<void> | undefined;
  private lastWarning = '';

  constructor(private readonly options: BrokerConnectionOptions) {
    this.logger = new Logger(`RabbitMQ ${options.name}`);
  }

  /** True while a prepared connection is open. */
  get isOpen(): boolean {
    return this.connection !== undefined;
  }

  /**
   * Starts, and resolves after the first try: with its error where it failed, in which case the next tries go on behind
   * the scenes.
   */
  async start(): Promise<unknown> {
    return new Promise((resolve) => {
      this.running = this.run(resolve);
    });
  }

  /** Closes the connection and stops trying. */
  async stop(): Promise<void> {
    this.ending.abort();
    if (this.connection !== undefined) await closeConnection(this.connection);
    await Promise.race([this.running, delay(CLOSE_MS, undefined, { ref: false })]);
  }

  private async run(firstTried: (error: unknown) => void): Promise<void> {
    const { signal } = this.ending;
    let pause = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        const connection = await this.open();
        firstTried(undefined);
        pause = FIRST_PAUSE_MS;
        const reason = await connection.lost;
        this.warn(`connection lost: ${reason}`);
      } catch (error) {
        firstTried(error);
        this.warn(`no connection: ${describe(error)}`);
      }
      this.connection = undefined;
      // Half as long again at random: many instances do not come back all at once.
      await delay(pause * (1 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  /** A broker that stays away is told of once. */
  private warn(text: string): void {
    if (text !== this.lastWarning && !this.ending.signal.aborted) this.logger.warn(text);
    this.lastWarning = text;
  }

  /** Opens and prepares a connection; `lost` resolves with the reason once it is closed. */
  private async open(): Promise<{ readonly lost: Promise<string> }> {
    const { url, name, onOpen } = this.options;
    const connection = await connect(withHeartbeat(url), {
      timeout: CONNECT_MS,
      noDelay: true,
      clientProperties: { connection_name: name },
    });
    let reason = 'closed';
    connection.on('error', (error) => (reason = describe(error)));
    connection.on('blocked', (why) => this.logger.warn(`the broker takes no messages: ${why}`));
    connection.on('unblocked', () => this.logger.log('the broker takes messages again'));
    const lost = new Promise<string>((resolve) => {
      connection.once('close', () => {
        destroySocket(connection);
        resolve(reason);
      });
    });
    try {
      await within(PREPARE_MS, onOpen(connection));
    } catch (error) {
      await closeConnection(connection);
      throw error;
    }
    this.connection = connection;
    this.lastWarning = '';
    this.logger.log('connected');
    if (this.ending.signal.aborted) await closeConnection(connection);
    return { lost };
  }
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return parsed.href;
}

function describe(error: unknown): string {
  if (error instanceof AggregateError) return describe(error.errors[0]);
  return error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
}

/** Closes in order, within bounds; a broker that does not answer loses its socket. */
async function closeConnection(connection: ChannelModel): Promise<void> {
  await within(CLOSE_MS, connection.close()).catch(() => undefined);
  destroySocket(connection);
}

/** After a missed heartbeat the library only says goodbye, which a half-open connection never finishes. */
function destroySocket(connection: ChannelModel): void {
  (connection.connection as unknown as { stream: Socket }).stream.destroy();
}

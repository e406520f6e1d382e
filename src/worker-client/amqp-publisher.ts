import { createRequire } from 'node:module';
import { AmqpSession } from './amqp-session.js';
import { Away, type Door } from './door.js';
import type { Message, Route } from './message.js';
import { InvalidInput } from './worker-errors.js';

/** Where and how a publisher publishes; waits are in seconds. */
export interface AmqpSettings {
  readonly exchange: string;
  /** Limit of a message, inflated. */
  readonly messageBytes: number;
  readonly connectTimeout: number;
  readonly confirmTimeout: number;
}

/** What states of tasks and jobs may have at most. */
export const SMALL_MESSAGE_BYTES = 1024 * 1024;
const SMALL_ROUTES = new Set<Route>(['tasks.update', 'jobs.update']);
/** An idle connection is closed: networks forget those silently, and it would keep a finished program alive. */
const IDLE_MS = 20_000;
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;

/** Publishes to RabbitMQ, mandatory and persistent, and waits for the confirm of each message. */
export class AmqpPublisher implements Door {
  readonly name = 'amqp';
  private session: AmqpSession | undefined;
  private idle: NodeJS.Timeout | undefined;
  /** Of `performance.now()`. */
  private resumeAt = 0;
  private rest = FIRST_REST_MS;

  /** Throws InvalidInput where the address is none; the text never quotes it, for it holds a password. */
  constructor(
    private readonly url: string,
    private readonly settings: AmqpSettings,
  ) {
    const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: '', hostname: '' };
    if (!['amqp:', 'amqps:'].includes(protocol) || hostname === '') {
      throw new InvalidInput('RABBITMQ_URL: must be like amqp://user:password@host:5672/vhost');
    }
  }

  /** Whether amqplib is there to publish with. */
  static get isInstalled(): boolean {
    try {
      createRequire(import.meta.url).resolve('amqplib');
      return true;
    } catch {
      return false;
    }
  }

  takes({ route, inflatedBytes }: Message): boolean {
    const { messageBytes } = this.settings;
    return inflatedBytes <= (SMALL_ROUTES.has(route) ? Math.min(messageBytes, SMALL_MESSAGE_BYTES) : messageBytes);
  }

  get isResting(): boolean {
    return performance.now() < this.resumeAt;
  }

  async send(message: Message): Promise<void> {
    clearTimeout(this.idle);
    try {
      if (!(await this.publishAgain(message))) await this.publish(await this.open(), message);
    } catch (error) {
      void this.close();
      this.resumeAt = performance.now() + this.rest;
      this.rest = Math.min(this.rest * 2, LONGEST_REST_MS);
      throw error;
    }
    [this.rest, this.resumeAt] = [FIRST_REST_MS, 0];
    this.idle = setTimeout(() => void this.close(), IDLE_MS);
  }

  async close(): Promise<void> {
    clearTimeout(this.idle);
    const { session } = this;
    this.session = undefined;
    await session?.close();
  }

  /** Over the connection that is there; false where there is none, or it turns out to be lost, which a new one mends. */
  private async publishAgain(message: Message): Promise<boolean> {
    const { session } = this;
    if (session === undefined) return false;
    try {
      await this.publish(session, message);
      return true;
    } catch (error) {
      if (!(error instanceof Away && session.isLost)) throw error;
      void this.close();
      return false;
    }
  }

  private async publish(session: AmqpSession, message: Message): Promise<void> {
    await session.publish(this.settings.exchange, message, this.settings.confirmTimeout);
  }

  private async open(): Promise<AmqpSession> {
    this.session = await AmqpSession.open(this.url, this.settings.connectTimeout);
    return this.session;
  }
}

import { Away } from './door.js';
import type { Message } from './message.js';
import { within } from './within.js';
import { reasonOf } from './worker-errors.js';

type Connection = import('amqplib').ChannelModel;
type Channel = import('amqplib').ConfirmChannel;

const CLOSE_S = 2;

/** One connection with one channel, for one message at a time. Once anything failed it is good for nothing but closing. */
export class AmqpSession {
  /** The connection went away, as against a message that was refused. */
  isLost = false;
  private failure: string | undefined;
  private onFailure: (reason: string) => void = () => undefined;
  private channel: Channel | undefined;

  private constructor(private readonly connection: Connection) {
    connection.on('error', (error) => this.lose(reasonOf(error)));
    connection.on('close', (error) => this.lose(error ? reasonOf(error) : 'the connection was closed'));
    connection.on('blocked', () => this.fail('the broker is out of memory or disk (connection blocked)'));
  }

  /** Connects and selects confirms; rejects with Away. */
  static async open(url: string, seconds: number): Promise<AmqpSession> {
    let session: AmqpSession | undefined;
    const opening = (async () => {
      const { connect } = await import('amqplib');
      const clientProperties = { connection_name: 'tallyhouse-worker' };
      session = new AmqpSession(await connect(url, { timeout: seconds * 1000, clientProperties, noDelay: true }));
      await session.select();
      return session;
    })();
    try {
      return await within(seconds, opening, 'no broker answered');
    } catch (error) {
      void session?.close();
      opening.then(
        (late) => late.close(),
        () => undefined,
      );
      throw new Away(`AMQP: ${reasonOf(error)}`);
    }
  }

  /** Mandatory and persistent. Rejects with Away where the message is returned, refused or not confirmed in time. */
  async publish(exchange: string, message: Message, seconds: number): Promise<void> {
    const confirmed = new Promise<void>((resolve, reject) => {
      this.onFailure = (reason) => reject(new Error(reason));
      if (this.failure !== undefined) this.onFailure(this.failure);
      else this.send(exchange, message, resolve);
    });
    try {
      await within(seconds, confirmed, 'the broker did not confirm');
    } catch (error) {
      throw new Away(`AMQP: ${reasonOf(error)}`);
    }
  }

  /** Says goodbye, for 2 s at most. */
  async close(): Promise<void> {
    try {
      await within(CLOSE_S, this.connection.close(), 'no goodbye');
    } catch {
      // It is closed already, or nobody is there any more: then the socket and the timers of its heartbeat must go all the same.
      const { stream } = this.connection.connection as unknown as { stream: NodeJS.WritableStream & Destroyable };
      stream.destroy(new Error('closed'));
    }
  }

  private async select(): Promise<void> {
    const channel = await this.connection.createConfirmChannel();
    channel.on('error', (error) => this.fail(reasonOf(error)));
    channel.on('close', () => this.fail('the channel was closed'));
    channel.on('return', ({ fields }) => {
      const { replyCode, replyText } = fields as unknown as { replyCode: number; replyText: string };
      this.fail(`returned: ${replyCode} ${replyText}`);
    });
    this.channel = channel;
  }

  private send(exchange: string, message: Message, onConfirmed: () => void): void {
    const options = {
      contentType: 'application/json',
      contentEncoding: message.encoding,
      persistent: true,
      mandatory: true,
      timestamp: Math.trunc(Date.now() / 1000),
      messageId: message.messageId,
    };
    try {
      this.channel?.publish(exchange, message.route, message.body, options, (error: unknown) => {
        if (error) this.fail('refused (basic.nack): the queue is full, or the broker failed');
        else onConfirmed();
      });
    } catch (error) {
      // Nothing was sent: the channel is closed.
      this.lose(reasonOf(error));
    }
  }

  private lose(reason: string): void {
    this.isLost = true;
    this.fail(reason);
  }

  private fail(reason: string): void {
    this.failure ??= reason;
    this.onFailure(this.failure);
  }
}

interface Destroyable {
  destroy(error: Error): void;
}

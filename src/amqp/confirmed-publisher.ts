import { randomUUID } from 'node:crypto';
import type { ChannelModel, ConfirmChannel, Message, Options } from 'amqplib';
import { type Headers, PUBLICATION_ID } from './domain/delivery-headers.js';
import { within } from './within.js';

/** What is published, and where. */
export interface Publication {
  readonly exchange: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly options: Omit<Options.Publish, 'headers'>;
  readonly headers: Headers;
  /** Headers of the first sender, left out where a publish can't hold them (64 KiB together, or of no type that it knows). */
  readonly sendersHeaders?: Headers;
}

/** A broker that blocks publishers (its disk is full) would keep us waiting for ever. */
const CONFIRM_MS = 10_000;

/** The broker did not take a message: whoever published it still has it. */
export class PublishError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'PublishError';
  }
}

/**
 * Publishes with confirms, `mandatory` and persistent: resolves only once the broker has the message on disk in a queue.
 * Lives on a connection of its own, since a broker under an alarm blocks whole connections that publish.
 */
export class ConfirmedPublisher {
  private channel: ConfirmChannel | undefined;
  /** While the broker reads nothing from us: what resolves once it does again. */
  private blocked: { readonly over: Promise<void>; readonly end: () => void } | undefined;
  /** Messages that came back because no queue takes them; the confirm that follows means nothing then. */
  private readonly returned = new Set<string>();

  /** Whether anything can be published. */
  get isOpen(): boolean {
    return this.channel !== undefined;
  }

  /** Whether the broker takes messages right now, as far as is known. */
  get takesMessages(): boolean {
    return this.isOpen && this.blocked === undefined;
  }

  /** Takes a fresh connection into use. */
  async use(connection: ChannelModel): Promise<void> {
    const channel = await connection.createConfirmChannel();
    // Without a listener an error of the channel would end the process; the close that follows is what counts.
    channel.on('error', () => undefined);
    channel.on('return', (message: Message) => this.returned.add(String(message.properties.headers?.[PUBLICATION_ID])));
    channel.once('close', () => {
      if (this.channel !== channel) return;
      this.channel = undefined;
      // Where that fails the connection is good for nothing; closed, it is opened again.
      this.use(connection).catch(() => connection.close().catch(() => undefined));
    });
    this.channel = channel;
    this.unblock();
    connection.on('blocked', () => this.block()).on('unblocked', () => this.unblock());
  }

  /** Throws a PublishError where the broker refuses, returns or does not confirm in time; it may have the message then. */
  async publish(publication: Publication): Promise<void> {
    await this.untilTaken();
    const { channel } = this;
    if (channel === undefined) throw new PublishError('no connection for publishing');
    const { sendersHeaders } = publication;
    try {
      await this.send(channel, publication, sendersHeaders);
    } catch (error) {
      if (!isUnencodable(error)) throw error;
      await this.send(channel, publication, undefined);
    }
  }

  /** What is sent to a broker that reads nothing stays in our memory, and arrives once for every try when it reads again. */
  private async untilTaken(): Promise<void> {
    if (this.blocked === undefined) return;
    await within(CONFIRM_MS, this.blocked.over).catch(() => {
      throw new PublishError('the broker takes no messages');
    });
  }

  private block(): void {
    if (this.blocked !== undefined) return;
    let end: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (end = resolve));
    this.blocked = { over, end };
  }

  private unblock(): void {
    this.blocked?.end();
    this.blocked = undefined;
  }

  private async send(channel: ConfirmChannel, publication: Publication, senders: Headers | undefined): Promise<void> {
    const { exchange, routingKey, content, headers } = publication;
    const id = randomUUID();
    const options = {
      ...publication.options,
      headers: { ...senders, ...headers, [PUBLICATION_ID]: id },
      persistent: true,
      mandatory: true,
    };
    let late: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        late = setTimeout(() => reject(new PublishError('not confirmed in time')), CONFIRM_MS);
        channel.publish(exchange, routingKey, content, options, (error: unknown) => {
          if (error instanceof Error) reject(new PublishError(error.message));
          else if (this.returned.has(id)) reject(new PublishError('no queue takes it'));
          else resolve();
        });
      });
    } catch (error) {
      throw error instanceof PublishError || isUnencodable(error) ? error : new PublishError(String(error));
    } finally {
      clearTimeout(late);
      this.returned.delete(id);
    }
  }
}

/** What the client library throws, before it sends anything, where a value fits no type of the protocol. */
function isUnencodable(error: unknown): boolean {
  return error instanceof RangeError || error instanceof TypeError;
}

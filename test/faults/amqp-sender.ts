import { setTimeout as delay } from 'node:timers/promises';
import { type ChannelModel, type ConfirmChannel, connect, type Message } from 'amqplib';
import { bodyOf, type LogicalWrite } from './logical-write.js';
import type { Sender, Sightings } from './sender.js';

const CONFIRM_MS = 15_000;
const AGAIN_MS = 100;

interface Connected {
  readonly connection: ChannelModel;
  readonly channel: ConfirmChannel;
  readonly returned: Set<string>;
}

/** Publishes with confirms and `mandatory`, and connects again whenever the connection is lost. */
export class AmqpSender implements Sender {
  private connected: Promise<Connected> | undefined;
  private last = 0;

  constructor(
    private readonly url: string,
    private readonly exchange: string,
    private readonly sightings: Sightings,
  ) {}

  async send(write: LogicalWrite, giveUp: AbortSignal): Promise<boolean> {
    const body = bodyOf(write);
    while (!giveUp.aborted) {
      if (await this.publish(write.routingKey, body)) return true;
      await delay(AGAIN_MS, undefined, { signal: giveUp }).catch(() => undefined);
    }
    return false;
  }

  /** One try: true where the broker confirmed and a queue took it. */
  async publish(routingKey: string, body: Buffer, contentEncoding = 'identity'): Promise<boolean> {
    try {
      const { channel, returned } = await this.use();
      const messageId = String(++this.last);
      await confirmed(channel, this.exchange, routingKey, body, { messageId, contentEncoding });
      if (!returned.delete(messageId)) return true;
      this.sightings.note('amqp returned');
      return false;
    } catch (error) {
      this.sightings.note(`amqp not confirmed`);
      if ((error as Error).message === NOT_IN_TIME) await this.close();
      return false;
    }
  }

  async close(): Promise<void> {
    const { connected } = this;
    this.connected = undefined;
    await connected?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  private async use(): Promise<Connected> {
    const connected = (this.connected ??= this.connect());
    try {
      return await connected;
    } catch (error) {
      if (this.connected === connected) this.connected = undefined;
      throw error;
    }
  }

  private async connect(): Promise<Connected> {
    const connection = await connect(this.url, { timeout: 5_000 });
    const lose = () => (this.connected = undefined);
    connection.on('error', () => undefined).once('close', lose);
    const channel = await connection.createConfirmChannel();
    const returned = new Set<string>();
    channel.on('error', () => undefined).once('close', lose);
    channel.on('return', ({ properties }: Message) => returned.add(String(properties.messageId)));
    return { connection, channel, returned };
  }
}

const NOT_IN_TIME = 'not confirmed in time';

async function confirmed(
  channel: ConfirmChannel,
  exchange: string,
  routingKey: string,
  body: Buffer,
  properties: { readonly messageId: string; readonly contentEncoding: string },
): Promise<void> {
  const options = { persistent: true, mandatory: true, contentType: 'application/json', ...properties };
  let late: NodeJS.Timeout | undefined;
  const lost = new AbortController();
  const onClose = () => lost.abort();
  channel.setMaxListeners(0).once('close', onClose);
  try {
    await new Promise<void>((resolve, reject) => {
      late = setTimeout(() => reject(new Error(NOT_IN_TIME)), CONFIRM_MS);
      lost.signal.addEventListener('abort', () => reject(new Error('the channel closed')));
      channel.publish(exchange, routingKey, body, options, (error: unknown) => {
        if (error instanceof Error) reject(error);
        else resolve();
      });
    });
  } finally {
    clearTimeout(late);
    channel.off('close', onClose);
  }
}

import { type ChannelModel, connect, type ConfirmChannel } from 'amqplib';

const EXCHANGE = 'ingest';

/** Publishes as workers do: persistent, mandatory, confirmed. */
export class AmqpSender {
  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async open(url: string): Promise<AmqpSender> {
    const connection = await connect(url);
    return new AmqpSender(connection, await connection.createConfirmChannel());
  }

  /** Publishes all at once; resolves with the milliseconds until each was confirmed. */
  async publishAll(routingKey: string, bodies: readonly Buffer[]): Promise<number[]> {
    const since = performance.now();
    const options = { persistent: true, mandatory: true, contentType: 'application/json' };
    return Promise.all(
      bodies.map(
        (body) =>
          new Promise<number>((resolve, reject) => {
            this.channel.publish(EXCHANGE, routingKey, body, options, (error: unknown) => {
              if (error instanceof Error) reject(error);
              else resolve(performance.now() - since);
            });
          }),
      ),
    );
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}

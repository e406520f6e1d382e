import { type ChannelModel, connect } from 'amqplib';
import { TOPOLOGY } from '../../src/amqp/topology.js';
import { DISPATCH_TOPOLOGY } from '../../src/dispatch/dispatch-topology.js';

/** Messages that are ready in any queue under a prefix, dead letters and delayed ones included. */
export async function queuedMessages(url: string, prefix: string): Promise<number> {
  return withConnection(url, async (connection) => {
    const channel = await connection.createChannel();
    channel.on('error', () => undefined);
    let messages = 0;
    for (const { name } of TOPOLOGY.queues) messages += (await channel.checkQueue(prefix + name)).messageCount;
    return messages;
  });
}

/** Removes all that the service declared under a prefix. */
export async function deleteTopology(url: string, prefix: string): Promise<void> {
  await withConnection(url, async (connection) => {
    const channel = await connection.createChannel();
    for (const { queues, exchanges } of [TOPOLOGY, DISPATCH_TOPOLOGY]) {
      for (const { name } of queues) await channel.deleteQueue(prefix + name);
      for (const { name } of exchanges) await channel.deleteExchange(prefix + name);
    }
  });
}

/** Does something over a connection of its own. */
export async function withConnection<T>(url: string, work: (connection: ChannelModel) => Promise<T>): Promise<T> {
  const connection = await connect(url, { timeout: 5_000 });
  connection.on('error', () => undefined);
  try {
    return await work(connection);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

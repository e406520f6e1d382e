import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

/** A stand-in for a service that is overloaded. */
export interface AnsweringServer {
  readonly url: string;
  /** When it was asked, of `performance.now()`. */
  readonly asked: readonly number[];
  close(): void;
}

/** Answers with these statuses in turn, the last one for ever; with none, never. */
export async function answering(statuses: readonly number[], retryAfter = ''): Promise<AnsweringServer> {
  const asked: number[] = [];
  const server = createServer((request, response) => {
    asked.push(performance.now());
    const status = statuses[Math.min(asked.length, statuses.length) - 1];
    if (status === undefined) return;
    const headers = status < 300 ? {} : { 'Retry-After': retryAfter };
    request.resume().on('end', () => response.writeHead(status, headers).end('{"message":"Try again later"}'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, asked, close };
}

/** A frame of AMQP 0-9-1: method 10.60 on channel 0, with a reason as a short string. */
const CONNECTION_BLOCKED = Buffer.from('\x01\0\0\0\0\0\x0d\0\x0a\0\x3c\x08low disk\xce', 'latin1');

/** The way to a broker under an alarm: what is published with a routing key is not read, and connection.blocked says why. */
export async function blockingBroker(brokerUrl: string, routingKey: string): Promise<{ url: string; close(): void }> {
  const { port, hostname } = new URL(brokerUrl);
  const server = createTcpServer((client) => {
    const upstream = connect(Number(port), hostname);
    const pair: [Socket, Socket] = [client, upstream];
    for (const socket of pair) socket.on('error', () => undefined);
    upstream.pipe(client);
    client.on('data', (data) => {
      if (data.includes(routingKey)) client.write(CONNECTION_BLOCKED);
      else upstream.write(data);
    });
    client.on('close', () => upstream.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = new URL(brokerUrl);
  url.hostname = '127.0.0.1';
  url.port = String(portOf(server));
  return { url: url.href, close: () => void server.close() };
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

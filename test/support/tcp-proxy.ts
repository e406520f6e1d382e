import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A network between a service and what it depends on, which a test can break and mend. */
export class TcpProxy {
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {}

  /** Listens on a free port of 127.0.0.1 and forwards to the host and port of a URL. */
  static async to(target: string): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(server, new URL(target));
    server.on('connection', (client) => proxy.accept(client));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The target's URL, through the proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Breaks every connection, and every new one, until `heal`. */
  cut(): void {
    this.isCut = true;
    for (const pair of this.pairs) for (const socket of pair) socket.resetAndDestroy();
  }

  /** Passes nothing on any more over the connections that are open, which stay open. New ones work. */
  freeze(): void {
    for (const [client, server] of this.pairs) {
      client.unpipe(server);
      server.unpipe(client);
      for (const socket of [client, server]) socket.resume();
    }
  }

  heal(): void {
    this.isCut = false;
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private accept(client: Socket): void {
    if (this.isCut) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(Number(this.target.port), this.target.hostname);
    const pair = [client, server] as const;
    this.pairs.add(pair);
    client.pipe(server);
    server.pipe(client);
    for (const [socket, other] of [pair, [server, client] as const]) {
      socket.on('error', () => undefined);
      socket.once('close', () => {
        other.destroy();
        this.pairs.delete(pair);
      });
    }
  }
}

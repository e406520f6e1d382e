import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type LegFault, ProxyLeg } from './proxy-leg.js';

/** `up` goes from the client to the server. */
export type Direction = 'up' | 'down';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly legs: Readonly<Record<Direction, ProxyLeg>>;
}

/** A network between a service and what it depends on, which a test can break and mend. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private faults: Readonly<Record<Direction, LegFault>> = { up: {}, down: {} };
  private isCut = false;
  /** Connections that were ever accepted. */
  accepted = 0;

  private constructor(
    private readonly server: Server,
    private target: URL,
  ) {}

  /** Listens on a free port of 127.0.0.1 and forwards to the host and port of a URL. */
  static async to(target: string): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true });
    const proxy = new TcpProxy(server, new URL(target));
    server.on('connection', (client) => proxy.accept(client));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The target's URL, through the proxy. */
  get url(): string {
    return this.through(this.target.href);
  }

  /** Connections on which something is held back on its way up. */
  get holding(): number {
    return [...this.pairs].filter(({ legs }) => legs.up.holds).length;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Any URL of the target's server, through the proxy. */
  through(target: string): string {
    const url = new URL(target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  /** New connections go elsewhere: the server came back at another address. */
  retarget(target: string): void {
    this.target = new URL(target);
  }

  /** Spoils a direction (both, if none is named) of all connections, open and new, until `heal`. */
  spoil(fault: LegFault, directions: readonly Direction[] = ['up', 'down']): void {
    for (const direction of directions) {
      this.faults = { ...this.faults, [direction]: fault };
      for (const { legs } of this.pairs) legs[direction].become(fault);
    }
  }

  /** Adds bytes to a direction of the connections whose client named itself so, between what it sends. */
  inject(direction: Direction, bytes: Buffer, client: string): void {
    for (const { legs } of this.pairs) if (legs.up.beginsWith(client)) legs[direction].inject(bytes);
  }

  /** Breaks every connection, and every new one, until `heal`. */
  cut(): void {
    this.isCut = true;
    this.reset();
  }

  /** Breaks every connection; new ones work. */
  reset(): void {
    for (const { client, server } of this.pairs) for (const socket of [client, server]) socket.resetAndDestroy();
  }

  /** Passes nothing on any more over the connections that are open, which stay open. New ones work. */
  freeze(): void {
    for (const { legs } of this.pairs) for (const leg of [legs.up, legs.down]) leg.drop();
  }

  heal(): void {
    this.isCut = false;
    this.spoil({});
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
    this.accepted++;
    const options = { port: Number(this.target.port), host: this.target.hostname, allowHalfOpen: true };
    const server = connect(options);
    const legs = {
      up: new ProxyLeg(client, server, this.faults.up),
      down: new ProxyLeg(server, client, this.faults.down),
    };
    const pair = { client, server, legs };
    this.pairs.add(pair);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        other.destroy();
        this.pairs.delete(pair);
      });
    }
  }
}

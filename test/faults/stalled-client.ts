import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A client that asks, or begins to, and then does nothing for as long as it likes. */
export class StalledClient {
  private constructor(private readonly socket: Socket) {}

  /** Reads nothing of the answer before `rest` is called. */
  static async reader(url: string, path: string, headers: Readonly<Record<string, string>>): Promise<StalledClient> {
    const client = await StalledClient.connect(url);
    client.socket.write(head('GET', path, { ...headers, connection: 'close' }));
    return client;
  }

  /** Sends a start of a body, and no more. */
  static async sender(url: string, path: string, start: string, length: number): Promise<StalledClient> {
    const client = await StalledClient.connect(url);
    client.socket.write(head('POST', path, { 'content-type': 'application/json', 'content-length': String(length) }));
    client.socket.write(start);
    return client;
  }

  private static async connect(url: string): Promise<StalledClient> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return new StalledClient(socket);
  }

  /** Everything that came and comes until the server ends the connection. */
  async rest(): Promise<Buffer> {
    return buffer(this.socket);
  }

  leave(): void {
    this.socket.destroy();
  }
}

function head(method: string, path: string, headers: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ host: 'tallyhouse', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer, its body only where it was asked for. */
export interface Received {
  readonly status: number;
  /** Status line and header fields. */
  readonly head: string;
  readonly bodyBytes: number;
  readonly body: Buffer | undefined;
}

const HEAD_END = '\r\n\r\n';

/**
 * One kept-alive HTTP/1.1 connection that sends requests as bytes and drops what it reads, so that measuring costs little of
 * the machine that is measured. Answers must have a Content-Length or no body.
 */
export class HttpConnection {
  private waiting: { resolve: (received: Received) => void; reject: (error: Error) => void } | undefined;
  private head = '';
  private headDone = false;
  private missing = 0;
  private bodyBytes = 0;
  private kept: Buffer[] | undefined;
  private gone: Error | undefined;

  private constructor(private readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('error', (error) => this.end(error));
    socket.on('close', () => this.end(new Error('the server closed the connection')));
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    return new HttpConnection(socket);
  }

  /** Sends one request; resolves with its answer, whose body is kept if `keep`. */
  send(parts: readonly (Buffer | string)[], keep = false): Promise<Received> {
    if (this.gone !== undefined) return Promise.reject(this.gone);
    this.head = '';
    this.headDone = false;
    this.bodyBytes = 0;
    this.kept = keep ? [] : undefined;
    const answer = new Promise<Received>((resolve, reject) => (this.waiting = { resolve, reject }));
    this.socket.cork();
    for (const part of parts) this.socket.write(part);
    this.socket.uncork();
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    if (this.headDone) {
      this.take(chunk);
      return;
    }
    const already = this.head.length;
    this.head += chunk.toString('latin1');
    const end = this.head.indexOf(HEAD_END);
    if (end < 0) return;
    this.head = this.head.slice(0, end);
    this.headDone = true;
    try {
      this.missing = bodyLength(this.head);
    } catch (error) {
      this.end(error as Error);
      return;
    }
    this.take(chunk.subarray(end + HEAD_END.length - already));
  }

  private take(chunk: Buffer): void {
    this.bodyBytes += chunk.length;
    this.missing -= chunk.length;
    if (chunk.length > 0) this.kept?.push(chunk);
    if (this.missing > 0) return;
    const { waiting, kept } = this;
    this.waiting = undefined;
    waiting?.resolve({
      status: Number(this.head.slice(9, 12)),
      head: this.head,
      bodyBytes: this.bodyBytes,
      body: kept && Buffer.concat(kept),
    });
  }

  private end(error: Error): void {
    this.gone ??= error;
    this.waiting?.reject(error);
    this.waiting = undefined;
    this.socket.destroy();
  }
}

function bodyLength(head: string): number {
  if (/^HTTP\/1.1 (?:204|304)/.test(head)) return 0;
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer has no Content-Length: ${head}`);
  return Number(length);
}

/** The value of a header field of an answer. */
export function headerOf({ head }: Received, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1];
}

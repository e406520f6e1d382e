import { Agent, type IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { Agent as TlsAgent, request as httpsRequest } from 'node:https';

/** An answer, its body as it came over the wire. */
export interface RemoteAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface RemoteCall {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly body?: readonly Buffer[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An ordinary HTTP client with one kept-alive connection, which remembers how it is logged in. */
export class RemoteClient {
  private readonly isTls: boolean;
  private readonly agent: Agent;
  private credentials: Readonly<Record<string, string>> = {};

  constructor(private readonly base: string) {
    this.isTls = base.startsWith('https:');
    this.agent = this.isTls
      ? new TlsAgent({ keepAlive: true, maxSockets: 1 })
      : new Agent({ keepAlive: true, maxSockets: 1 });
  }

  /** Logs in, by token where the server gives one, else by its cookies. Throws where it refuses. */
  async logIn(username: string, password: string): Promise<void> {
    const answer = await this.call('/auth/login', {
      method: 'POST',
      body: [json({ username, password, token: true })],
    });
    if (answer.status >= 300)
      throw new Error(`the login was answered ${answer.status}: ${answer.body.toString('utf8')}`);
    const { access_token: token } = JSON.parse(answer.body.toString('utf8')) as { access_token?: string };
    const cookies = (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0]);
    this.credentials = token === undefined ? { cookie: cookies.join('; ') } : { authorization: `Bearer ${token}` };
  }

  /** One request; `path` may be a whole URL. */
  async call(path: string, { method = 'GET', body = [], headers = {} }: RemoteCall = {}): Promise<RemoteAnswer> {
    const url = path.startsWith('http') ? path : this.base + path;
    const length = body.reduce((sum, part) => sum + part.length, 0);
    const content = length === 0 ? {} : { 'content-type': 'application/json', 'content-length': String(length) };
    return new Promise((resolve, reject) => {
      const options = { method, agent: this.agent, headers: { ...this.credentials, ...content, ...headers } };
      const outgoing = (this.isTls ? httpsRequest : httpRequest)(url, options, (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) }),
        );
      });
      outgoing.on('error', reject);
      for (const part of body) outgoing.write(part);
      outgoing.end();
    });
  }

  close(): void {
    this.agent.destroy();
  }
}

export function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

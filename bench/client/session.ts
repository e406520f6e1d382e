import { randomBytes } from 'node:crypto';
import { type Content, resultsBody } from '../data/data-set.js';
import { HttpConnection, type Received } from './http-connection.js';
import { get, post, type RequestOptions, write } from './request-bytes.js';

/** A simulation as its worker knows it. */
export interface WorkerKey {
  readonly simulation_id: string;
  readonly update_key: string;
}

const TOKEN_LASTS_MS = 5 * 60_000;

/** A user of one server, logged in again before the token runs out. */
export class Session {
  private current = '';
  private tokenSince = -Infinity;

  private constructor(
    readonly url: string,
    private readonly credentials: { readonly username: string; readonly password: string },
  ) {}

  /** Registers a user of its own. */
  static async register(url: string): Promise<Session> {
    const credentials = {
      username: `bench-${randomBytes(6).toString('hex')}`,
      password: randomBytes(12).toString('hex'),
    };
    const session = new Session(url, credentials);
    await session.exchange(write('PUT', '/auth/register', [Buffer.from(JSON.stringify(credentials))]), 201);
    return session;
  }

  /** The same user, at another server on the same database. */
  at(url: string): Session {
    return new Session(url, this.credentials);
  }

  /** A token that lasts for the next minutes. */
  async token(): Promise<string> {
    if (performance.now() - this.tokenSince > TOKEN_LASTS_MS) {
      const body = Buffer.from(JSON.stringify({ ...this.credentials, token: true }));
      const answer = await this.exchange(post('/auth/login', [body]), 202);
      this.current = (jsonOf(answer) as { access_token: string }).access_token;
      this.tokenSince = performance.now();
    }
    return this.current;
  }

  async submit(ntasks = 1): Promise<WorkerKey> {
    const submission = {
      title: 'bench',
      sim_type: 'shieldhit',
      input_type: 'files',
      input: { 'beam.dat': 'TMAX0 150' },
      ntasks,
    };
    const body = [Buffer.from(JSON.stringify(submission))];
    const answer = await this.exchange(post('/simulations', body, { token: await this.token() }), 201);
    const { job_id, update_key } = jsonOf(answer) as { job_id: string; update_key: string };
    return { simulation_id: job_id, update_key };
  }

  /** Submits a simulation that has these results. */
  async submitWithResults(content: Content): Promise<WorkerKey> {
    const worker = await this.submit();
    await this.exchange(post('/results', resultsBody(worker, content)), 202);
    return worker;
  }

  /** Reads with the session's token; the body is kept. */
  async read(path: string, options: RequestOptions = {}): Promise<Received & { readonly body: Buffer }> {
    return this.exchange(get(path, { ...options, token: await this.token() }), 200);
  }

  /** One request over a connection of its own. Throws where the status is another. */
  async exchange(request: readonly (Buffer | string)[], status: number): Promise<Received & { readonly body: Buffer }> {
    const connection = await HttpConnection.open(this.url);
    try {
      const received = await connection.send(request, true);
      const { body = Buffer.alloc(0) } = received;
      if (received.status !== status) throw new Error(`${received.head}\n${body.toString('utf8')}`);
      return { ...received, body };
    } finally {
      connection.close();
    }
  }
}

export function jsonOf({ body }: { readonly body: Buffer }): unknown {
  return JSON.parse(body.toString('utf8'));
}

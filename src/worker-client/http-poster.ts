import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { parseRetryAfter } from './backoff.js';
import { Away, type Door } from './door.js';
import { type Message, PATHS } from './message.js';
import { within } from './within.js';
import { InvalidInput, reasonOf, Refused } from './worker-errors.js';

/** What a poster waits for at most, in seconds. */
export interface HttpLimits {
  readonly connectTimeout: number;
  /** For 16 KiB of a request to leave: a slow line is no dead line. */
  readonly stallTimeout: number;
  readonly answerTimeout: number;
}

interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: number | undefined;
}

const PIECE_BYTES = 16 * 1024;
const ANSWER_BYTES = 64 * 1024;
const TRY_LATER = new Set([408, 425, 429]);

/** POSTs bodies, each over a connection of its own. Follows no redirects: the key goes to nobody but the host named. */
export class HttpPoster implements Door {
  readonly name = 'http';
  private readonly base: URL;
  /** Of `performance.now()`: the server asked not to be asked before. */
  private resumeAt = 0;

  /** Throws InvalidInput where the address is none. `signal` ends an exchange. */
  constructor(
    url: string,
    private readonly limits: HttpLimits,
    private readonly signal: AbortSignal | undefined,
  ) {
    const base = URL.canParse(url) ? new URL(url) : undefined;
    if (!base || !['http:', 'https:'].includes(base.protocol)) {
      throw new InvalidInput('TALLYHOUSE_URL: must be like http://host:3000');
    }
    this.base = base;
  }

  takes(): boolean {
    return true;
  }

  get isResting(): boolean {
    return performance.now() < this.resumeAt;
  }

  async send(message: Message): Promise<void> {
    const wait = (this.resumeAt - performance.now()) / 1000;
    if (wait > 0) throw new Away('the server asked to wait', wait);
    const { status, text, retryAfter } = await this.exchange(message);
    if (status >= 200 && status < 300) return;
    const reason = serverMessage(text);
    if (!TRY_LATER.has(status) && status < 500) throw new Refused(status, reason);
    if (retryAfter !== undefined) this.resumeAt = performance.now() + retryAfter * 1000;
    throw new Away(`HTTP ${status}: ${reason}`, retryAfter);
  }

  /** Nothing is kept open. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  private async exchange(message: Message): Promise<HttpAnswer> {
    const request = this.request(message);
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve).on('error', reject);
      request.once('close', () => reject(new Error('the connection was closed')));
    });
    // It may fail while something else is waited for.
    answered.catch(() => undefined);
    try {
      await within(this.limits.connectTimeout, Promise.race([connected(request), answered]), 'no connection');
      await this.upload(request, message.body, answered);
      return await readAnswer(answered, this.limits.answerTimeout);
    } catch (error) {
      throw new Away(`HTTP: ${reasonOf(error)}`);
    } finally {
      request.destroy();
    }
  }

  private request(message: Message): ClientRequest {
    const { protocol, hostname, port, pathname } = this.base;
    return (protocol === 'https:' ? requestHttps : requestHttp)({
      method: 'POST',
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      path: pathname.replace(/\/+$/, '') + PATHS[message.route],
      headers: {
        'Content-Type': 'application/json',
        'Content-Length': message.body.length,
        'User-Agent': 'tallyhouse-worker/1',
        ...(message.encoding === 'identity' ? {} : { 'Content-Encoding': message.encoding }),
      },
      agent: false,
      ...(this.signal && { signal: this.signal }),
    });
  }

  /** Ends early where the answer comes before all of it is sent. */
  private async upload(request: ClientRequest, body: Buffer, answered: Promise<IncomingMessage>): Promise<void> {
    const isAnswered = answered.then(() => true);
    isAnswered.catch(() => undefined);
    for (let at = 0; at < body.length; at += PIECE_BYTES) {
      const piece = body.subarray(at, at + PIECE_BYTES);
      // What goes wrong shows in the answer, or in its failure.
      const left = new Promise<false>((resolve) => request.write(piece, (error) => error ?? resolve(false)));
      if (await within(this.limits.stallTimeout, Promise.race([isAnswered, left]), 'no progress')) return;
    }
    request.end();
  }
}

async function connected(request: ClientRequest): Promise<void> {
  const [socket] = (await once(request, 'socket')) as [NodeJS.EventEmitter];
  await once(socket, 'encrypted' in socket ? 'secureConnect' : 'connect');
}

/** Within so many seconds altogether; once the status is known, that is what counts. */
async function readAnswer(answered: Promise<IncomingMessage>, seconds: number): Promise<HttpAnswer> {
  const start = performance.now();
  const answer = await within(seconds, answered, 'no answer');
  const left = seconds - (performance.now() - start) / 1000;
  const status = answer.statusCode ?? 0;
  const retryAfter = parseRetryAfter(answer.headers['retry-after'], Date.now());
  const text = status < 300 ? '' : await within(left, readText(answer), '').catch(() => '');
  return { status, retryAfter, text };
}

async function readText(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > ANSWER_BYTES) break;
    }
  } catch {
    // Half of it says no less than nothing.
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The service's words, without control characters, which would reach a terminal. */
function serverMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message.replace(/\p{Cc}/gu, ' ').slice(0, 500);
  } catch {
    // Not the service's answer, but some proxy's.
  }
  return 'no reason given';
}

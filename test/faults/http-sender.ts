import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { bodyOf, type LogicalWrite } from './logical-write.js';
import type { Sender, Sightings } from './sender.js';

const ANSWER_MS = 20_000;
const AGAIN_MS = 50;
const ACCEPTED = 'accepted';
/** Not to be tried again: the service is there, and does not want it or cannot store it. */
const REFUSED = 'refused';

/** Posts to several instances in turn, over connections that are kept or each time over one of its own. */
export class HttpSender implements Sender {
  private turn = 0;
  private readonly agent: Agent | false;

  /** @param urls base addresses; @param sightings gets refused connections, broken ones, and every status but 2xx */
  constructor(
    private readonly urls: readonly string[],
    private readonly sightings: Sightings,
    { keepAlive = false }: { readonly keepAlive?: boolean } = {},
  ) {
    this.agent = keepAlive && new Agent({ keepAlive });
  }

  async send(write: LogicalWrite, giveUp: AbortSignal): Promise<boolean> {
    const body = bodyOf(write);
    while (!giveUp.aborted) {
      const wait = await this.post(write.path, body);
      if (wait === ACCEPTED || wait === REFUSED) return wait === ACCEPTED;
      await delay(wait, undefined, { signal: giveUp }).catch(() => undefined);
    }
    return false;
  }

  async close(): Promise<void> {
    if (this.agent !== false) this.agent.destroy();
    await Promise.resolve();
  }

  /** Resolves with what became of it, or with the milliseconds until the next try. */
  private async post(path: string, body: Buffer): Promise<number | typeof ACCEPTED | typeof REFUSED> {
    try {
      const since = performance.now();
      const answer = await post(`${this.urls[this.turn++ % this.urls.length]}${path}`, body, this.agent);
      const status = answer.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        this.sightings.answeredAfter(performance.now() - since);
        return ACCEPTED;
      }
      this.sightings.note(`http ${status}`);
      if (status !== 503) return REFUSED;
      const seconds = Number(answer.headers['retry-after']);
      if (!(seconds > 0)) this.sightings.note('503 without Retry-After');
      // With another instance to turn to nobody waits.
      return this.urls.length === 1 ? seconds * 1000 || AGAIN_MS : AGAIN_MS;
    } catch (error) {
      this.sightings.note(nameOf(error as NodeJS.ErrnoException));
      return AGAIN_MS;
    }
  }
}

/** RFC 9112, section 9.3.1: a kept connection may close just when it is used again, which a client must expect. */
class KeptConnectionClosed extends Error {}

function nameOf(error: NodeJS.ErrnoException): string {
  if (error instanceof KeptConnectionClosed) return 'http kept connection closed';
  return error.code === 'ECONNREFUSED' ? 'http connection refused' : `http broken: ${error.code ?? error.message}`;
}

function post(url: string, body: Buffer, agent: Agent | false): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const outgoing = request(url, { method: 'POST', headers, agent, timeout: ANSWER_MS });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', (error) => reject(outgoing.reusedSocket ? new KeptConnectionClosed() : error));
    outgoing.once('response', (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => resolve(answer));
    });
    outgoing.end(body);
  });
}

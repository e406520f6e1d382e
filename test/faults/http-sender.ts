import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { bodyOf, type LogicalWrite } from './logical-write.js';
import type { Sender, Sightings } from './sender.js';

const ANSWER_MS = 20_000;
const AGAIN_MS = 50;
const ACCEPTED = 'accepted';
/** Not to be tried again: the service is there, and does not want it or cannot store it. */
const REFUSED = 'refused';

/** Posts to several instances in turn, each time over a connection of its own. */
export class HttpSender implements Sender {
  private turn = 0;

  /** @param urls base addresses; @param sightings gets refused connections, broken ones, and every status but 2xx */
  constructor(
    private readonly urls: readonly string[],
    private readonly sightings: Sightings,
  ) {}

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
    await Promise.resolve();
  }

  /** Resolves with what became of it, or with the milliseconds until the next try. */
  private async post(path: string, body: Buffer): Promise<number | typeof ACCEPTED | typeof REFUSED> {
    try {
      const since = performance.now();
      const answer = await post(`${this.urls[this.turn++ % this.urls.length]}${path}`, body);
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
      const { code, message } = error as NodeJS.ErrnoException;
      this.sightings.note(code === 'ECONNREFUSED' ? 'http connection refused' : `http broken: ${code ?? message}`);
      return AGAIN_MS;
    }
  }
}

function post(url: string, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const outgoing = request(url, { method: 'POST', headers, agent: false, timeout: ANSWER_MS });
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')));
    outgoing.once('error', reject);
    outgoing.once('response', (answer) => {
      answer.resume();
      answer.once('error', reject);
      answer.once('end', () => resolve(answer));
    });
    outgoing.end(body);
  });
}

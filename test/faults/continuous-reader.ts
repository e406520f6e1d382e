import { call, logIn } from '../support/client.js';
import { USER } from './fault-scene.js';
import type { FaultJob } from './logical-write.js';

const PATHS = ['results', 'estimators', 'logfiles', 'tasks', 'inputs'] as const;
/** A token lives for ten minutes. */
const TOKEN_MS = 5 * 60_000;

/** Somebody who looks at simulations, one answer after the other, and remembers what was wrong with any of them. */
export class ContinuousReader {
  /** Answers so far that were as they should be. */
  answers = 0;
  /** The longest time that one of them took, in milliseconds. */
  longestMs = 0;
  readonly wrong = new Map<string, number>();
  private readonly tags = new Map<string, string>();
  private stopped = false;
  private readonly reading: Promise<void>;

  constructor(
    private readonly url: string,
    private readonly jobs: readonly FaultJob[],
  ) {
    this.reading = this.read();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.reading;
  }

  private async read(): Promise<void> {
    let token = '';
    let loggedInAt = -Infinity;
    for (let turn = 0; !this.stopped; turn++) {
      if (performance.now() - loggedInAt > TOKEN_MS) {
        token = await logIn(this.url, USER);
        loggedInAt = performance.now();
      }
      const { job_id } = this.jobs[turn % this.jobs.length] as FaultJob;
      const path = PATHS[Math.floor(turn / this.jobs.length) % PATHS.length] as string;
      const wrong = await this.ask(`${path}?job_id=${job_id}`, token).catch(
        (error: unknown) => (error as Error).message,
      );
      if (wrong === undefined) this.answers++;
      else this.wrong.set(`${path}: ${wrong}`, (this.wrong.get(`${path}: ${wrong}`) ?? 0) + 1);
    }
  }

  /** Every other time as a browser does that has seen the last answer; gives what was wrong. */
  private async ask(query: string, token: string): Promise<string | undefined> {
    const since = performance.now();
    const tag = this.tags.get(query);
    this.tags.delete(query);
    const headers = tag === undefined ? {} : { 'if-none-match': tag };
    const { status, headers: told, bytes } = await call(`${this.url}/${query}`, { token, headers });
    this.longestMs = Math.max(this.longestMs, performance.now() - since);
    if (status === 304) return tag === undefined ? '304 to an unconditional request' : undefined;
    if (status === 404 && bytes.includes('are unavailable')) return undefined;
    if (status !== 200) return `${status} ${bytes.toString().slice(0, 200)}`;
    if (told.etag !== undefined) this.tags.set(query, told.etag);
    JSON.parse(bytes.toString());
    return undefined;
  }
}

import { endpoint } from './demo-session.js';
import { expectStatus, postJson } from './post-json.js';
import type { LogfilesBody, ResultsBody, TaskBody, WorkerPort } from './worker-port.js';

/** Sends a worker's bodies over HTTP; anything but `202` is a DemoError. */
export class HttpWorkerPort implements WorkerPort {
  constructor(
    private readonly url: URL,
    private readonly signal: AbortSignal,
  ) {}

  async results(body: ResultsBody): Promise<void> {
    await this.post('results', body);
  }

  async logfiles(body: LogfilesBody): Promise<void> {
    await this.post('logfiles', body);
  }

  async task(body: TaskBody): Promise<void> {
    await this.post('tasks', body);
  }

  private async post(path: string, body: unknown): Promise<void> {
    expectStatus(await postJson(endpoint(this.url, path), { body, signal: this.signal }), 202, `store ${path}`);
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from './demo-error.js';
import type { DemoSubmission } from './demo-submission.js';
import { expectStatus, getJson, postJson } from './post-json.js';

/** Where workers publish. */
export interface AmqpAddress {
  readonly url: string;
  /** Before the name of the exchange. */
  readonly prefix: string;
}

/** What names a simulation and proves the right to write it. */
export interface WorkerIdentity {
  readonly simulationId: string;
  readonly updateKey: string;
}

/** Where the demo goes and as whom. */
export interface DemoLogin {
  url: URL;
  username: string;
  password: string;
  /** Where its workers publish; undefined for HTTP. */
  amqp: AmqpAddress | undefined;
}

/** What a user of the service does around a simulation: log in, submit, cancel. Throws DemoErrors. */
export class DemoSession {
  private constructor(
    private readonly url: URL,
    readonly token: string,
  ) {}

  static async open(login: DemoLogin, signal: AbortSignal): Promise<DemoSession> {
    const body = { username: login.username, password: login.password, token: true };
    const answer = await postJson(endpoint(login.url, 'auth/login'), { body, signal });
    if (answer.status === 401) {
      throw new DemoError(
        `The server refused the login of ${JSON.stringify(login.username)}: check --username and --password, ` +
          'or leave both out and point --data-dir to the DATA_DIR of the running server.',
      );
    }
    expectStatus(answer, 202, 'log in');
    const token = answer.body['access_token'];
    if (typeof token !== 'string') throw new DemoError(`${login.url.href} logs in but gives no access token.`);
    return new DemoSession(login.url, token);
  }

  async submit(submission: DemoSubmission, signal: AbortSignal): Promise<WorkerIdentity> {
    const answer = await postJson(endpoint(this.url, 'simulations'), { body: submission, token: this.token, signal });
    expectStatus(answer, 201, 'take the simulation');
    const { job_id: jobId, update_key: updateKey } = answer.body;
    if (typeof jobId === 'string' && typeof updateKey === 'string') {
      return { simulationId: jobId, updateKey };
    }
    throw new DemoError('The server took the simulation but named no job_id and update_key.');
  }

  /** Waits until what was published has been taken in and the job's results are final. */
  async untilCompleted(jobId: string, signal: AbortSignal): Promise<void> {
    const url = endpoint(this.url, 'tasks');
    url.searchParams.set('job_id', jobId);
    for (;;) {
      const answer = await getJson(url, { token: this.token, signal });
      expectStatus(answer, 200, 'show the job');
      if (answer.body['job_state'] === 'COMPLETED') return;
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  async cancel(jobId: string, signal: AbortSignal): Promise<void> {
    const url = endpoint(this.url, 'simulations/cancel');
    url.searchParams.set('job_id', jobId);
    expectStatus(await postJson(url, { token: this.token, signal }), 202, 'cancel the simulation');
  }
}

const POLL_MS = 200;

/** An endpoint below the server's base URL, which may end in a path of its own. */
export function endpoint(base: URL, path: string): URL {
  return new URL(path, base.href.endsWith('/') ? base : `${base.href}/`);
}

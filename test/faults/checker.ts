import { call } from '../support/client.js';
import type { Entry, JobEntries, Ledger } from './ledger.js';
import { digestOfPage, type SentPage, sha256, TASK_STATES, type TaskEffect } from './logical-write.js';
import { sideBySide } from './side-by-side.js';

/** What a reading says of everything that was sent. */
export interface Verdict {
  /** Acknowledged writes of which nothing is to be seen, though nothing supersedes them. */
  lost: number;
  /** Things that are there twice. */
  doubled: number;
  /** Things that nobody sent so: mixtures, parts, and other bytes. */
  torn: number;
  /** Some of them, in words. */
  readonly examples: string[];
}

const MOST_EXAMPLES = 10;
const READERS = 4;

/** Reads everything back through the public API, and compares it with what the ledger says. */
export async function checkAll(ledger: Ledger, url: string, token: string): Promise<Verdict> {
  const verdict: Verdict = { lost: 0, doubled: 0, torn: 0, examples: [] };
  await sideBySide(ledger.jobs, READERS, async (entries) => {
    const reading = new JobReading(entries, verdict);
    const query = `?job_id=${entries.job.job_id}`;
    reading.checkResults(await read(`${url}/results${query}`, token));
    reading.checkLogs(await read(`${url}/logfiles${query}`, token));
    reading.checkTasks(await read(`${url}/tasks${query}`, token));
  });
  return verdict;
}

/** The text of an answer; `{}` where nothing is stored yet. */
async function read(address: string, token: string): Promise<string> {
  const answer = await call(address, { token });
  const text = answer.bytes.toString();
  if (answer.status === 404 && text.includes('are unavailable')) return '{}';
  if (answer.status !== 200) throw new Error(`${new URL(address).pathname} cannot be read: ${answer.status} ${text}`);
  return text;
}

interface ReadEstimator {
  readonly name: string;
  readonly pages: readonly SentPage[];
}

interface ReadTask {
  readonly task_id: number;
  readonly task_state: TaskEffect['state'];
  readonly simulated_primaries: number | null;
  readonly start_time: string | null;
}

class JobReading {
  constructor(
    private readonly sent: JobEntries,
    private readonly verdict: Verdict,
  ) {}

  checkResults(text: string): void {
    const { estimators = [] } = JSON.parse(text) as { estimators?: readonly ReadEstimator[] };
    const found = new Map<string, ReadEstimator>();
    for (const estimator of estimators) {
      if (found.has(estimator.name)) this.count('doubled', 1, `estimator ${estimator.name}`);
      if (!this.sent.estimators.has(estimator.name)) this.count('torn', 1, `estimator ${estimator.name}, never sent`);
      found.set(estimator.name, estimator);
    }
    for (const [name, entries] of this.sent.estimators) this.checkPages(name, entries, found.get(name)?.pages ?? []);
  }

  checkLogs(text: string): void {
    const { logfiles = {} } = JSON.parse(text) as { logfiles?: Record<string, string> };
    // A key that is there twice does not survive the parser.
    const keys = [...text.matchAll(/"(task_\d+\/log-\d+)":/g)].map(([, name]) => name as string);
    const repeated = keys.length - new Set(keys).size;
    if (repeated > 0) this.count('doubled', repeated, 'log files');
    for (const name of Object.keys(logfiles)) {
      if (!this.sent.logs.has(name)) this.count('torn', 1, `log ${name}, never sent`);
    }
    for (const [name, { effect, acknowledged }] of this.sent.logs) {
      const log = logfiles[name];
      if (log === undefined) this.count('lost', acknowledged ? 1 : 0, `log ${name}`);
      else if (sha256(log) !== effect.digest) this.count('torn', 1, `log ${name}`);
    }
  }

  checkTasks(text: string): void {
    const { job_state, tasks } = JSON.parse(text) as { job_state: string; tasks: readonly ReadTask[] };
    const found = new Map<number, ReadTask>();
    for (const task of tasks) {
      if (found.has(task.task_id)) this.count('doubled', 1, `task ${task.task_id}`);
      found.set(task.task_id, task);
    }
    for (const [id, entries] of this.sent.tasks) this.checkTask(entries, found.get(id));
    if (job_state !== 'COMPLETED' && this.sent.finals.some(({ acknowledged }) => acknowledged)) {
      this.count('lost', 1, `final message (the job is ${job_state})`);
    }
  }

  /** All pages of an estimator were sent together, each time: they must all be of one and the same revision. */
  private checkPages(
    name: string,
    entries: JobEntries['estimators'] extends Map<string, infer E> ? E : never,
    pages: readonly SentPage[],
  ): void {
    const found = new Map(pages.map((page) => [page.page_number, digestOfPage(page)]));
    if (found.size < pages.length) this.count('doubled', pages.length - found.size, `pages of ${name}`);
    const acknowledged = entries.filter((entry) => entry.acknowledged).map(({ effect }) => effect.revision);
    const stored = entries.findLast(
      ({ effect: { digests } }) =>
        digests.size === found.size && [...digests].every(([page, digest]) => found.get(page) === digest),
    );
    if (stored === undefined && found.size > 0) this.count('torn', 1, `pages of ${name}`);
    if (stored === undefined && found.size > 0) return;
    const newer = acknowledged.filter((revision) => revision > (stored?.effect.revision ?? -1));
    const seen = stored === undefined ? 'nothing' : `revision ${stored.effect.revision}`;
    this.count('lost', newer.length, `${name} revision ${newer.join(', ')}: ${seen} is stored`);
  }

  /** A merge: every acknowledged update must show in each field, and no field may hold what nobody sent. */
  private checkTask(entries: readonly Entry<TaskEffect>[], task: ReadTask | undefined): void {
    const rank = (state: TaskEffect['state']) => TASK_STATES.indexOf(state);
    const shows = (update: TaskEffect) =>
      task !== undefined &&
      rank(task.task_state) >= rank(update.state) &&
      (task.simulated_primaries ?? -1) >= update.simulated &&
      task.start_time !== null &&
      task.start_time <= update.startTime;
    const missing = entries.filter(({ effect, acknowledged }) => acknowledged && !shows(effect));
    this.count('lost', missing.length, `updates of task ${entries[0]?.effect.taskId}`);
    if (task === undefined || task.start_time === null) return;
    const sent = (holds: (update: TaskEffect) => boolean) => entries.some(({ effect }) => holds(effect));
    const wasSent =
      sent(({ state }) => state === task.task_state) &&
      sent(({ simulated }) => simulated === task.simulated_primaries) &&
      sent(({ startTime }) => startTime === task.start_time);
    if (!wasSent) this.count('torn', 1, `task ${task.task_id}`);
  }

  private count(kind: 'lost' | 'doubled' | 'torn', number: number, what: string): void {
    if (number === 0) return;
    this.verdict[kind] += number;
    const { examples } = this.verdict;
    if (examples.length < MOST_EXAMPLES) examples.push(`${kind}: ${what} of ${this.sent.job.job_id}`);
  }
}

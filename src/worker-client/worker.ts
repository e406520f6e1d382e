import { SMALL_MESSAGE_BYTES } from './amqp-publisher.js';
import { Courier } from './courier.js';
import { JsonText, jsonText } from './json-writer.js';
import { messageOf, type Route } from './message.js';
import { type FlushReport, Receipt } from './receipt.js';
import { type EstimatorInput, type Part, splitEstimators } from './split-estimators.js';
import { splitList, splitMap } from './split-texts.js';
import type { JobUpdate, ListedTask, LogTexts, ResultsOptions, TaskUpdate } from './worker-calls.js';
import { InvalidInput } from './worker-errors.js';
import { identityFrom, type IdentityGiven, type SettingsGiven, settingsFrom } from './worker-settings.js';

const MAX_TASKS = 10_000;
const MAX_FILES = 10_000;
/** The longest that may stand in the place of `pages_total`. */
const LONGEST_TOTAL = 2 ** 31;

/**
 * A simulation's way to Tallyhouse (docs/workers.md): sends its results, log files and states, and loses none of them. What is
 * left out of the options comes from the environment. The calls resolve with a Receipt. They reject with Refused where the
 * service will never take it, NotSent where it could neither be sent nor kept, InvalidInput for what is no message. Calls may
 * overlap; each message waits for the one before.
 */
export class Worker {
  private readonly simulation: string;
  private readonly messageBytes: number;
  /** The key comes before the content, so that the service may read the content while it comes in. */
  private readonly start: string;
  private readonly partialPages = new Set<string>();
  private readonly courier: Courier;

  /** Throws InvalidInput where something is missing or wrong. */
  constructor(options: IdentityGiven & SettingsGiven = {}) {
    const { simulationId, updateKey } = identityFrom(options);
    const settings = settingsFrom(options);
    this.simulation = String(simulationId);
    this.messageBytes = settings.messageBytes;
    this.start = jsonText({ simulation_id: simulationId, update_key: updateKey }).slice(0, -1);
    this.courier = new Courier(settings);
  }

  /**
   * Sends estimators with their pages, in either shape of a page (docs/asyncapi.yaml); numbers may stand in typed arrays. With
   * `partial` they are stored without ending the simulation. What is larger than a message goes as several partial ones and a
   * final one. That, and a final one after partial ones of this instance, carries `pages_total`, the number of distinct pages
   * that this instance sent: the service ends the simulation only once so many are stored.
   */
  async results(estimators: Iterable<EstimatorInput>, options: ResultsOptions = {}): Promise<Receipt> {
    const { partial = false, revision, pagesTotal } = options;
    const before = this.body({ revision, partial: true, pages_total: pagesTotal ?? LONGEST_TOTAL, estimators: EMPTY });
    const parts = splitEstimators(estimators, this.messageBytes - before.length);
    let [part, next] = [take(parts), take(parts)];
    if (part && !next && !partial) return this.final(part, revision, pagesTotal, new Receipt());
    let receipt = new Receipt();
    for (; part; [part, next] = [next, take(parts)]) {
      const body = this.body({ revision, partial: true, estimators: new JsonText(part.text) });
      receipt = await this.send('results.save', body, receipt);
      for (const page of part.pages) this.partialPages.add(page);
    }
    return partial ? receipt : this.final({ text: '[]', pages: [] }, revision, pagesTotal, receipt);
  }

  /**
   * Sends texts by name; with `taskId` they are read back as `task_<id>/name`. Bytes are read as UTF-8. The same name again
   * replaces the text. A single file that is larger than a message goes by HTTP (64 MiB at most).
   */
  async logfiles(files: LogTexts, taskId?: number): Promise<Receipt> {
    const texts = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, jsonText(plain(text))]));
    const room = this.messageBytes - this.body({ task_id: taskId, logfiles: EMPTY }).length;
    let receipt = new Receipt();
    for (const part of splitMap(texts, room, MAX_FILES)) {
      const body = this.body({ task_id: taskId, logfiles: new JsonText(part) });
      receipt = await this.send('logfiles.save', body, receipt);
    }
    return receipt;
  }

  /** Reports a task. */
  async task(taskId: number, update: TaskUpdate = {}): Promise<Receipt> {
    return this.send('tasks.update', this.body({ task_id: taskId, update_dict: named(update) }));
  }

  /** Reports many tasks, in one transaction as long as they fit into one message (and are at most 10,000). */
  async tasks(updates: Iterable<ListedTask>): Promise<Receipt> {
    const texts = [...updates].map((update) => jsonText(listed(update)));
    const room = this.messageBytes - this.body({ tasks: EMPTY }).length;
    let receipt = new Receipt();
    if (texts.length === 0) return receipt;
    for (const part of splitList(texts, room, MAX_TASKS)) {
      receipt = await this.send('tasks.update-bulk', this.body({ tasks: new JsonText(part) }), receipt);
    }
    return receipt;
  }

  /**
   * Reports a state of the whole simulation: RUNNING, MERGING_QUEUED, MERGING_RUNNING, FAILED or CANCELED. Logs that are larger
   * than such a message may be (1 MiB) are sent as log files first.
   */
  async job(state: string, { log = {}, ...more }: JobUpdate = {}): Promise<Receipt> {
    const members = { job_state: state, ...more };
    const texts = Object.fromEntries(Object.entries(log).map(([name, text]) => [name, plain(text)]));
    if (Object.keys(texts).length === 0) return this.send('jobs.update', this.body(members));
    const body = this.body({ ...members, log: texts });
    if (body.length <= Math.min(SMALL_MESSAGE_BYTES, this.messageBytes)) return this.send('jobs.update', body);
    return this.send('jobs.update', this.body(members), await this.logfiles(texts));
  }

  /** Sends what waits in the spool folder, of all simulations. What is refused there is set aside and reported. */
  async flush(): Promise<FlushReport> {
    return this.courier.flush();
  }

  /** Closes the connection to the broker, after the calls before it. What waits in the spool folder stays there. */
  async close(): Promise<void> {
    await this.courier.close();
  }

  private async final(
    { text, pages }: Part,
    revision: number | undefined,
    pagesTotal: number | undefined,
    receipt: Receipt,
  ): Promise<Receipt> {
    const counted = this.partialPages.size > 0 ? new Set([...this.partialPages, ...pages]).size : undefined;
    const members = { revision, pages_total: pagesTotal ?? counted, estimators: new JsonText(text) };
    return this.send('results.save', this.body(members), receipt);
  }

  /** Who sends, then the members. */
  private body(members: object): string {
    return `${this.start},${jsonText(members).slice(1)}`;
  }

  /** Once a message of a call was left in the spool, the others of that call follow it there without a try. */
  private async send(route: Route, body: string, receipt = new Receipt()): Promise<Receipt> {
    const message = await messageOf(route, this.simulation, body);
    return receipt.plus(await this.courier.send(message, !receipt.complete));
  }
}

const EMPTY = new JsonText('');

function take<T>(parts: Generator<T>): T | undefined {
  const { done, value } = parts.next() as IteratorResult<T, undefined>;
  return done === true ? undefined : value;
}

function plain(text: string | Uint8Array): string {
  return typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
}

function named({ state, ...update }: TaskUpdate): TaskUpdate {
  return state === undefined ? update : { ...update, task_state: state };
}

function listed({ task_id, update_dict, ...members }: ListedTask): object {
  if (typeof (task_id as unknown) !== 'number') throw new InvalidInput('tasks: each needs a task_id');
  return { task_id, update_dict: named(update_dict ?? members) };
}

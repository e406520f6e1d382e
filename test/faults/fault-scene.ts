import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { AdminClient } from '../support/admin.js';
import { logIn, registerUser, submit, unusedJobId } from '../support/client.js';
import { ADMIN } from '../support/service.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { AmqpSender } from './amqp-sender.js';
import { checkAll, type Verdict } from './checker.js';
import type { RowOptions, RowOutcome } from './fault-row.js';
import type { FaultWorld } from './fault-world.js';
import { HttpSender } from './http-sender.js';
import { deleteTopology, queuedMessages } from './ingest-queues.js';
import { Instance } from './instance.js';
import { Ledger } from './ledger.js';
import { type LoadOptions, runLoad } from './load.js';
import { planWrites } from './load-plan.js';
import type { Door, FaultJob } from './logical-write.js';
import { MemoryWatch } from './memory-watch.js';
import { type Sender, Sightings } from './sender.js';

export interface SceneOptions {
  readonly instances?: number;
  readonly jobs?: number;
  /** Clients reach the service through networks that can be spoiled. */
  readonly clientNetwork?: boolean;
  readonly settings?: Readonly<Record<string, string>>;
  /** The jobs are made up; the row submits them itself. */
  readonly unsubmitted?: boolean;
  /** Statuses and such that senders may see here. */
  readonly tolerated?: RegExp;
}

/** So long a load may go on without an end, and what was acknowledged may take to be seen. */
const LOAD_MS = 15 * 60_000;
const BACK_MS = 60_000;
/** With empty queues, what is not seen after this time without a change will not come. */
const STILL_MS = 6_000;
const POLL_MS = 50;
const EMPTY_MS = 500;
export const USER = { username: 'ada', password: 'the password of ada' };

/** A fresh database and fresh queues with instances on them, a user's jobs, a load, and what is said of all that at the end. */
export class FaultScene {
  readonly failures: string[] = [];
  readonly figures: Record<string, number> = {};
  readonly ledger: Ledger;
  readonly senders: Readonly<Record<Door, Sender>>;
  private readonly memory: MemoryWatch;

  private constructor(
    readonly world: FaultWorld,
    readonly options: RowOptions & SceneOptions,
    readonly databaseUrl: string,
    readonly prefix: string,
    readonly instances: readonly Instance[],
    readonly clientNetworks: readonly TcpProxy[],
    readonly jobs: readonly FaultJob[],
    readonly sightings: Sightings,
  ) {
    this.ledger = new Ledger(jobs);
    this.memory = MemoryWatch.over(instances);
    const urls = clientNetworks.length > 0 ? clientNetworks.map(({ url }) => url.replace(/\/$/, '')) : this.urls;
    this.senders = {
      http: new HttpSender(urls, sightings),
      amqp: new AmqpSender(world.brokerUrl, `${prefix}ingest`, sightings),
    };
  }

  /** Sets everything up, does the row's work, reads everything back, and tidies up whatever happened. */
  static async play(
    options: RowOptions & SceneOptions,
    work: (scene: FaultScene) => Promise<void>,
  ): Promise<RowOutcome> {
    const scene = await FaultScene.open(options);
    try {
      await work(scene);
      return await scene.outcome();
    } catch (error) {
      throw new Error(`the row broke off; the service wrote:\n${scene.output().slice(-4_000)}`, { cause: error });
    } finally {
      await scene.close();
    }
  }

  private static async open(options: RowOptions & SceneOptions): Promise<FaultScene> {
    const { world, main } = options;
    const databaseUrl = await world.createDatabase();
    const prefix = `${new URL(databaseUrl).pathname.slice(1)}.`;
    const rabbit = { RABBITMQ_URL: world.brokerNetwork.url, AMQP_PREFIX: prefix };
    const instances: Instance[] = [];
    for (let number = 0; number < (options.instances ?? 1); number++) {
      instances.push(await Instance.start(databaseUrl, { ...rabbit, ...options.settings }, main));
    }
    const networks = options.clientNetwork === true ? instances.map(({ url }) => TcpProxy.to(url)) : [];
    const { token } = await registerUser((instances[0] as Instance).url, USER.username);
    const jobs = inventJobs(options.jobs ?? 3);
    if (options.unsubmitted !== true) await submitJobs((instances[0] as Instance).url, token, jobs);
    const ready = Promise.all(networks);
    return new FaultScene(world, options, databaseUrl, prefix, instances, await ready, jobs, new Sightings());
  }

  get urls(): readonly string[] {
    return this.instances.map(({ url }) => url);
  }

  get instance(): Instance {
    return this.instances[0] as Instance;
  }

  /** Starts to send a plan of so many writes; resolves once all are acknowledged. */
  async load(
    writes: number,
    concurrency: number,
    more: Partial<LoadOptions> & { doors?: readonly Door[] } = {},
  ): Promise<void> {
    const doors = more.doors ?? (['http', 'amqp'] as const);
    const plan = planWrites(this.options.random, { jobs: this.jobs, writes, doors });
    await this.loadPlan(concurrency, alone(plan), more);
  }

  /** The same for a plan of the row's own. */
  async loadPlan(concurrency: number, plan: LoadOptions['plan'], more: Partial<LoadOptions> = {}): Promise<void> {
    const { ledger, senders } = this;
    const giveUp = AbortSignal.any([AbortSignal.timeout(LOAD_MS), ...this.instances.map((one) => one.endedUnasked)]);
    setMaxListeners(0, giveUp);
    const since = performance.now();
    await runLoad({ plan, ledger, senders, concurrency, giveUp, ...more });
    this.figures['load ms'] = Math.round(performance.now() - since);
    if (giveUp.aborted) this.failures.push('writes were not acknowledged in the end');
  }

  /** Waits until all instances are ready; gives the milliseconds that took. */
  async untilReady(what: string): Promise<number> {
    const since = performance.now();
    const left = () => BACK_MS - (performance.now() - since);
    for (const instance of this.instances) {
      while (!instance.endedUnasked.aborted && !(await instance.isReady()) && left() > 0) await delay(POLL_MS);
    }
    if (left() <= 0) this.failures.push(`never ready again after ${what}`);
    return performance.now() - since;
  }

  /** Keeps the longest of several times, in milliseconds. */
  longest(figure: string, milliseconds: number): void {
    this.figures[figure] = Math.max(this.figures[figure] ?? 0, Math.round(milliseconds));
  }

  fail(failure: string): void {
    if (this.failures.length < 20) this.failures.push(failure);
  }

  output(): string {
    return this.instances.map((instance) => instance.output()).join('');
  }

  /** How many dead letters the admin sees. */
  async deadLetters(): Promise<number> {
    const token = await logIn(this.instance.url, ADMIN);
    return (await new AdminClient(this.instance.url, token).walk('/admin/dead-letters', 'dead_letters', 200)).length;
  }

  /** Waits until no message is in any queue. */
  async untilDrained(): Promise<void> {
    const since = performance.now();
    let last = -1;
    let changed = since;
    for (;;) {
      const queued = await queuedMessages(this.world.brokerUrl, this.prefix).catch(() => -1);
      const now = performance.now();
      if (queued !== last) changed = now;
      last = queued;
      // On their way from one queue to the next messages are in none.
      if (queued === 0 && now - changed > EMPTY_MS) break;
      if (queued !== 0 && now - changed > (this.isGone ? STILL_MS : BACK_MS)) {
        this.fail(queued > 0 ? `${queued} messages are never consumed` : 'the queues are not there');
        break;
      }
      await delay(POLL_MS);
    }
    this.figures['drained ms'] = Math.round(performance.now() - since - EMPTY_MS);
  }

  /** What is missing after everything had its time to be seen. */
  async settled(): Promise<Verdict> {
    await this.untilDrained();
    const since = performance.now();
    let last = '';
    let changed = since;
    for (;;) {
      const seen = await this.look();
      if (typeof seen !== 'string' && seen.lost === 0) return seen;
      const now = performance.now();
      if (JSON.stringify(seen) !== last) changed = now;
      last = JSON.stringify(seen);
      if (now - changed > STILL_MS || now - since > BACK_MS) {
        if (typeof seen !== 'string') return seen;
        this.fail(`cannot be read back: ${seen}`);
        return { lost: this.ledger.acknowledged, doubled: 0, torn: 0, examples: [] };
      }
      await delay(POLL_MS);
    }
  }

  private get isGone(): boolean {
    return this.instances.every(({ endedUnasked }) => endedUnasked.aborted);
  }

  /** A verdict, or why there is none. */
  private async look(): Promise<Verdict | string> {
    try {
      const token = await logIn(this.instance.url, USER);
      return await checkAll(this.ledger, this.instance.url, token);
    } catch (error) {
      return (error as Error).message;
    }
  }

  private async outcome(): Promise<RowOutcome> {
    for (const instance of this.instances) {
      if (instance.endedUnasked.aborted) this.fail(`the service ended by itself: ${instance.output().slice(-2_000)}`);
    }
    const { lost, doubled, torn, examples } = await this.settled();
    this.figures['resident set MB'] = await this.memory.stop();
    const { attempted, acknowledged } = this.ledger;
    const tolerated = this.options.tolerated ?? /(?!)/;
    const seen = this.sightings.all();
    for (const [what, count] of Object.entries(seen)) {
      const isAnError = /^http [1-9]/.test(what) && what !== 'http 503';
      if ((isAnError || what === '503 without Retry-After') && !tolerated.test(what)) this.fail(`${count} × ${what}`);
    }
    if (!tolerated.test('dead letters')) {
      const letters = await this.deadLetters().catch(() => 0);
      if (letters > 0) this.fail(`${letters} dead letters`);
    }
    const failures = [...this.failures, ...examples];
    return { attempted, acknowledged, lost, doubled, torn, failures, figures: { ...this.figures, ...seen } };
  }

  private async close(): Promise<void> {
    await this.memory.stop();
    await Promise.all(Object.values(this.senders).map((sender) => sender.close()));
    await Promise.all(this.clientNetworks.map((network) => network.close()));
    await Promise.all(this.instances.map((instance) => instance.end('SIGKILL')));
    for (const network of [this.world.databaseNetwork, this.world.brokerNetwork]) network.heal();
    await deleteTopology(this.world.brokerUrl, this.prefix).catch(() => undefined);
    await this.world.dropDatabase(this.databaseUrl).catch(() => undefined);
  }
}

function* alone<T>(items: Iterable<T>): Generator<readonly T[]> {
  for (const item of items) yield [item];
}

const SUBMITTED_TOGETHER = 20;

/** Jobs as a submitter names them who brings identifiers and keys of its own. */
export function inventJobs(count: number): FaultJob[] {
  return Array.from({ length: count }, () => ({
    job_id: unusedJobId(),
    update_key: randomBytes(32).toString('base64url'),
  }));
}

export async function submitJobs(url: string, token: string, jobs: readonly FaultJob[]): Promise<void> {
  for (let from = 0; from < jobs.length; from += SUBMITTED_TOGETHER) {
    const together = jobs.slice(from, from + SUBMITTED_TOGETHER);
    await Promise.all(together.map((job) => submit(url, token, { ntasks: 40, ...job })));
  }
}

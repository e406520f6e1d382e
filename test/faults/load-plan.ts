import {
  digestOfPage,
  type Door,
  type FaultJob,
  type LogicalWrite,
  type SentPage,
  sha256,
  TASK_STATES,
} from './logical-write.js';
import type { SeededRandom } from './random.js';

export interface PlanOptions {
  readonly jobs: readonly FaultJob[];
  readonly writes: number;
  readonly doors?: readonly Door[];
  /** Of the values of one page. */
  readonly mostValues?: number;
}

const ESTIMATORS = 6;
/** Many, so that what is lost of one is seldom made up for by another update of it. */
const TASKS = 1_000;
/** After this share of the writes each job's results are called final; what comes later only revises pages. */
const FINAL_AFTER = 0.9;

/**
 * A worker's writes in the order in which they are first sent, the same for the same seed: revisions of whole estimators (so
 * that a mixture of two shows), logs, task updates, and one final message a job.
 */
export function* planWrites(random: SeededRandom, options: PlanOptions): Generator<LogicalWrite> {
  const { jobs, writes, doors = ['http', 'amqp'] } = options;
  const plans = jobs.map((job) => new JobPlan(job, random, options.mostValues ?? 60));
  const finalAt = Math.max(0, Math.floor(writes * FINAL_AFTER) - plans.length);
  for (let number = 0; number < writes; number++) {
    const finishing = plans[number - finalAt];
    const plan = finishing ?? random.pick(plans);
    const write = finishing === undefined ? plan.next(number) : plan.final();
    yield { ...write, job: plan.job, door: random.pick(doors) };
  }
}

type Planned = Omit<LogicalWrite, 'job' | 'door'>;

class JobPlan {
  private readonly revisions = new Map<string, number>();
  private pages = 0;

  constructor(
    readonly job: FaultJob,
    private readonly random: SeededRandom,
    private readonly mostValues: number,
  ) {}

  next(number: number): Planned {
    const kind = this.random.integer(1, 3);
    if (kind === 1) return this.results();
    return kind === 2 ? this.log(number) : this.task();
  }

  final(): Planned {
    const content = { estimators: [], pages_total: this.pages };
    return { path: '/results', routingKey: 'results.save', content, effect: { kind: 'final' } };
  }

  private results(): Planned {
    const estimatorNumber = this.random.integer(1, ESTIMATORS);
    const estimator = `dose_${estimatorNumber}`;
    const revision = (this.revisions.get(estimator) ?? -1) + 1;
    const pages = Array.from({ length: 1 + (estimatorNumber % 4) }, (_, page) => this.page(page));
    if (revision === 0) this.pages += pages.length;
    this.revisions.set(estimator, revision);
    return {
      path: '/results',
      routingKey: 'results.save',
      content: { partial: true, revision, estimators: [{ name: estimator, pages }] },
      effect: {
        kind: 'pages',
        estimator,
        revision,
        digests: new Map(pages.map((page) => [page.page_number, digestOfPage(page)])),
      },
    };
  }

  private page(page_number: number): SentPage {
    const bins = Array.from({ length: this.random.integer(1, this.mostValues) }, (_, bin) => bin);
    const values = bins.map(() => this.random.next());
    return { page_number, name: `page ${page_number}`, data: { values, dimensions: [bins], unit: 'Gy' } };
  }

  private log(number: number): Planned {
    const task_id = this.random.integer(1, TASKS);
    const file = `log-${number}`;
    const text = `write ${number}\n`.repeat(this.random.integer(1, 20));
    const content = { task_id, logfiles: { [file]: text } };
    const effect = { kind: 'log', name: `task_${task_id}/${file}`, digest: sha256(text) } as const;
    return { path: '/logfiles', routingKey: 'logfiles.save', content, effect };
  }

  private task(): Planned {
    const taskId = this.random.integer(1, TASKS);
    const state = this.random.pick(TASK_STATES.slice(1));
    const simulated = this.random.integer(0, 1_000_000);
    const startTime = new Date(Date.UTC(2026, 0, 1) + this.random.integer(0, 10 ** 9)).toISOString();
    const update_dict = { task_state: state, simulated_primaries: simulated, start_time: startTime };
    const effect = { kind: 'task', update: { taskId, state, simulated, startTime } } as const;
    return { path: '/tasks', routingKey: 'tasks.update', content: { task_id: taskId, update_dict }, effect };
  }
}

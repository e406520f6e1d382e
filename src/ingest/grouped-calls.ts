import { faultOf } from '../errors/fault.js';

export interface GroupedCallsOptions<Q> {
  /** What a question counts in a group; 1 if left out. */
  readonly weigh?: (question: Q) => number;
  /** Of a group; one question alone may be heavier. */
  readonly maxWeight?: number;
}

interface Call<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers many callers with few statements: while one group is being worked on, whoever comes waits for the next. A caller
 * who is alone never waits, and nothing waits on a timer.
 */
export class GroupedCalls<Q, A> {
  private waiting: Call<Q, A>[] = [];
  private running = false;

  /** @param work gives an answer, or an Error to throw, for each question, in their order */
  constructor(
    private readonly work: (questions: readonly Q[]) => Promise<readonly (A | Error)[]>,
    private readonly options: GroupedCallsOptions<Q> = {},
  ) {}

  /** The answer to one question; throws what `work` says of it. */
  async call(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ question, resolve, reject });
      if (!this.running) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.running = true;
    // Callers of the same turn of the event loop go together.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.answer(this.nextGroup());
    this.running = false;
  }

  private nextGroup(): Call<Q, A>[] {
    const { weigh = () => 1, maxWeight = 1_000 } = this.options;
    let weight = 0;
    const end = this.waiting.findIndex(({ question }, index) => (weight += weigh(question)) > maxWeight && index > 0);
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  /** Where a group fails for a reason that may lie in one of them, each is tried alone: nobody pays for a neighbour. */
  private async answer(group: readonly Call<Q, A>[]): Promise<void> {
    try {
      const answers = await this.work(group.map(({ question }) => question));
      for (const [index, { resolve, reject }] of group.entries()) {
        const answer = answers[index];
        if (answer instanceof Error) reject(answer);
        else resolve(answer as A);
      }
    } catch (error) {
      if (group.length > 1 && !isEverybodys(error)) for (const call of group) await this.answer([call]);
      else for (const { reject } of group) reject(error);
    }
  }
}

/** A database that is away is away for all. */
function isEverybodys(error: unknown): boolean {
  return faultOf(error).kind === 'unavailable';
}

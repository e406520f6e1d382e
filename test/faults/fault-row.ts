import type { FaultWorld } from './fault-world.js';
import type { SeededRandom } from './random.js';

export interface RowOptions {
  readonly world: FaultWorld;
  readonly random: SeededRandom;
  /** How often the fault is done. */
  readonly repetitions: number;
  /** `dist/main.js`, or that of a build that is broken on purpose. */
  readonly main?: string;
}

/** What a run of a row found. */
export interface RowOutcome {
  readonly attempted: number;
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  readonly torn: number;
  /** Whatever else must not be, in sentences: above all what never came back. */
  readonly failures: readonly string[];
  /** Times in milliseconds (`… ms`), memory in megabytes (`… MB`), counts. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A row of the table of faults. */
export interface FaultRow {
  readonly number: number;
  readonly title: string;
  /** Repetitions in `npm test` and in a full run. */
  readonly short: number;
  readonly full: number;
  /** What figures should not exceed; see {@link judged}. */
  readonly goals?: Readonly<Record<string, number>>;
  readonly run: (options: RowOptions) => Promise<RowOutcome>;
}

/** Figures depend on the machine, so they decide only far beyond their goals: times at ten times, memory at twice. */
const FAILS_BEYOND = { ms: 10, MB: 2 };

/** Runs a row; a figure far beyond its goal is a failure. */
export async function judged(row: FaultRow, options: RowOptions): Promise<RowOutcome> {
  const outcome = await row.run(options);
  const failures = [...outcome.failures];
  for (const [name, goal] of Object.entries(row.goals ?? {})) {
    const figure = outcome.figures[name];
    const unit = name.slice(name.lastIndexOf(' ') + 1) as keyof typeof FAILS_BEYOND;
    if (figure === undefined) failures.push(`${name} was not measured`);
    else if (figure > goal * FAILS_BEYOND[unit]) failures.push(`${name}: ${figure}, the goal is ${goal}`);
  }
  return { ...outcome, failures };
}

/** Nothing lost, doubled or torn, and nothing that never came back. */
export function holds({ lost, doubled, torn, failures }: RowOutcome): boolean {
  return lost + doubled + torn + failures.length === 0;
}

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
  /** Reported only: times in milliseconds, counts. */
  readonly figures: Readonly<Record<string, number>>;
}

/** A row of the table of faults. */
export interface FaultRow {
  readonly number: number;
  readonly title: string;
  /** Repetitions in `npm test` and in a full run. */
  readonly short: number;
  readonly full: number;
  readonly run: (options: RowOptions) => Promise<RowOutcome>;
}

/** Nothing lost, doubled or torn, and nothing that never came back. */
export function holds({ lost, doubled, torn, failures }: RowOutcome): boolean {
  return lost + doubled + torn + failures.length === 0;
}

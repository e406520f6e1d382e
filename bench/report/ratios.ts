import type { Sample, Samples } from '../measure.js';

/** Whose CPU counts: the server's alone, or the database's as well. */
export type Account = 'server' | 'server and database';

/**
 * CPU of one subject against another's, each above what the empty endpoint costs in the same round; one ratio a round. Pass no
 * `empty` to compare them as they are.
 */
export function processorRatios(
  samples: Samples,
  [of, against]: readonly [of: string, against: string],
  account: Account,
  empty?: string,
): number[] {
  const costs = (name: string) => roundsOf(samples, name).map((sample) => costOf(sample, account));
  const base = empty === undefined ? undefined : costs(empty);
  const divisors = costs(against);
  return costs(of).map((cost, round) => {
    const emptyCost = base?.[round] ?? 0;
    const divisor = (divisors[round] ?? NaN) - emptyCost;
    // Where noise makes a cost vanish, there is no ratio.
    return divisor > 0 && cost > emptyCost ? (cost - emptyCost) / divisor : NaN;
  });
}

/** Ratios of any figure, one a round. */
export function figureRatios(samples: Samples, of: string, against: string, figure: keyof Sample): number[] {
  const divisors = roundsOf(samples, against);
  return roundsOf(samples, of).map((sample, round) => sample[figure] / (divisors[round]?.[figure] ?? NaN));
}

export function roundsOf(samples: Samples, name: string): readonly Sample[] {
  const rounds = samples.get(name);
  if (rounds === undefined) throw new Error(`${name} was not measured`);
  return rounds;
}

function costOf({ serverMs, databaseMs }: Sample, account: Account): number {
  return account === 'server' ? serverMs : serverMs + databaseMs;
}

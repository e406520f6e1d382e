import type { EstimatorName } from '../domain/estimator-names.js';
import type { ParsedEstimator } from './parsed-results.js';

/** How the estimators of a body are called, one for each, and in which order they are stored. */
export interface Naming {
  readonly names: readonly EstimatorName[];
  /** Places in the body. */
  readonly order: readonly number[];
}

/** The estimators of a body under other names, in another order. */
export function renamed(estimators: readonly ParsedEstimator[], { names, order }: Naming): ParsedEstimator[] {
  return order.map((index) => {
    const estimator = estimators[index] as ParsedEstimator;
    return { ...estimator, name: names[index]?.name ?? estimator.name };
  });
}

/** A log line names so many estimators, and so much of each name. */
const LOGGED_ESTIMATORS = 100;
const LOGGED_CHARACTERS = 80;

/** What a log line says of how estimators were named; nothing where they are called as sent by rule. */
export function namingRecord(naming: Naming | undefined): object {
  if (naming === undefined) return {};
  const { names } = naming;
  const shown = names
    .slice(0, LOGGED_ESTIMATORS)
    .map(({ sent, name, by }) => ({ sent: shortened(sent), name: shortened(name), by }));
  const unlisted = names.length - shown.length;
  return unlisted === 0 ? { naming: shown } : { naming: shown, unlisted };
}

function shortened(name: string): string {
  return name.length <= LOGGED_CHARACTERS ? name : `${name.slice(0, LOGGED_CHARACTERS)}…`;
}

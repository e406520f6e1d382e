import type { EstimatorName } from '../domain/estimator-names.js';
import type { ParsedEstimator } from './parsed-results.js';

/** The estimators of a body under other names, one for each. */
export function renamed(estimators: readonly ParsedEstimator[], names: readonly EstimatorName[]): ParsedEstimator[] {
  return estimators.map((estimator, index) => ({ ...estimator, name: names[index]?.name ?? estimator.name }));
}

/** A log line names so many estimators, and so much of each name. */
const LOGGED_ESTIMATORS = 100;
const LOGGED_CHARACTERS = 80;

/** What a log line says of how estimators were named; nothing where they are called as sent by rule. */
export function namingRecord(names: readonly EstimatorName[] | undefined): object {
  if (names === undefined) return {};
  const naming = names
    .slice(0, LOGGED_ESTIMATORS)
    .map(({ sent, name, by }) => ({ sent: shortened(sent), name: shortened(name), by }));
  const unlisted = names.length - naming.length;
  return unlisted === 0 ? { naming } : { naming, unlisted };
}

function shortened(name: string): string {
  return name.length <= LOGGED_CHARACTERS ? name : `${name.slice(0, LOGGED_CHARACTERS)}…`;
}

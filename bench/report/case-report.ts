import { type Goal, goalOf, isMet } from '../goals.js';
import type { Sample } from '../measure.js';
import { type Spread, spreadOf } from './spread.js';

/** What is measured of every subject, by round. */
const FIGURES = [
  'serverMs',
  'databaseMs',
  'perSecond',
  'p50Ms',
  'p99Ms',
  'residentGrowthMiB',
  'loopP99Ms',
  'loopLongestMs',
] as const satisfies readonly (keyof Sample)[];
export type FigureName = (typeof FIGURES)[number];

/** One of those that were measured in turn: the service, or a yardstick. */
export interface SubjectReport {
  readonly name: string;
  readonly requests: number;
  readonly bodyBytes: number;
  readonly figures: Readonly<Record<FigureName, Spread>>;
}

/** A figure that says something by itself, and what it should be. */
export interface Finding {
  readonly figure: string;
  readonly unit: string;
  readonly spread: Spread;
  readonly goal: Goal | undefined;
  readonly isMet: boolean | undefined;
}

/** What must hold for the figures to mean anything. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
}

export interface CaseReport {
  readonly name: string;
  readonly title: string;
  readonly subjects: readonly SubjectReport[];
  readonly findings: readonly Finding[];
  readonly checks: readonly Check[];
  /** What could not be measured here, and why. */
  readonly leftOut: readonly string[];
}

export function subjectReport(name: string, samples: readonly Sample[]): SubjectReport {
  const figures = Object.fromEntries(
    FIGURES.map((figure) => [figure, spreadOf(samples.map((sample) => sample[figure]))]),
  ) as Record<FigureName, Spread>;
  const requests = samples.reduce((sum, sample) => sum + sample.requests, 0);
  return { name, requests, bodyBytes: samples[0]?.bodyBytes ?? 0, figures };
}

/** A finding out of its values by round, with the goal that stands for it. */
export function finding(caseName: string, figure: string, unit: string, values: readonly number[]): Finding {
  const spread = spreadOf(values);
  const goal = goalOf(caseName, figure);
  return { figure, unit, spread, goal, isMet: goal && isMet(goal, spread.median) };
}

import { FieldError, quote } from './field-error.js';
import { parseUtcTime } from './utc-time.js';

/** States of a task in merge order: the highest seen wins. */
export const TASK_STATES = ['PENDING', 'RUNNING', 'CANCELED', 'FAILED', 'COMPLETED'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** What one update, or several merged, knows of a task; null is unknown. */
export interface TaskUpdate {
  readonly taskId: number;
  readonly state: TaskState;
  readonly requestedPrimaries: number | null;
  readonly simulatedPrimaries: number | null;
  readonly estimate: Estimate | null;
  /** Epoch milliseconds. */
  readonly startTime: number | null;
  readonly endTime: number | null;
}

/** The time that a task still needs, as one of its updates saw it. */
export interface Estimate {
  readonly seconds: number;
  /** The simulated primaries of that update, -1 where it brought none. */
  readonly atPrimaries: number;
}

/** The members of `update_dict` that are read; others (`celery_id`, …) are ignored. */
export const UPDATE_MEMBERS = [
  'task_state',
  'requested_primaries',
  'simulated_primaries',
  'estimated_time',
  'start_time',
  'end_time',
] as const;

export const MAX_TASK_ID = 2_147_483_647;
export const TASK_ID_RULE = `must be an integer from 0 to ${MAX_TASK_ID}`;

type Members = Readonly<Record<string, unknown>>;

/**
 * Checks one update (contract, section 5): null counts as absent everywhere in `update_dict`. Throws FieldError.
 *
 * @param path of the update, for errors: empty, or `tasks[3].`
 */
export function parseTaskUpdate(taskId: unknown, updateDict: unknown, path = ''): TaskUpdate {
  if (taskId === undefined) throw new FieldError(`${path}task_id`, 'is required');
  if (!Number.isInteger(taskId) || (taskId as number) < 0 || (taskId as number) > MAX_TASK_ID) {
    throw new FieldError(`${path}task_id`, TASK_ID_RULE);
  }
  const field = `${path}update_dict`;
  if (updateDict === undefined) throw new FieldError(field, 'is required');
  if (typeof updateDict !== 'object' || updateDict === null || Array.isArray(updateDict)) {
    throw new FieldError(field, 'must be an object');
  }
  const members = updateDict as Members;
  const simulatedPrimaries = primaries(members['simulated_primaries'], `${field}.simulated_primaries`);
  return {
    taskId: taskId as number,
    state: state(members['task_state'], `${field}.task_state`),
    requestedPrimaries: primaries(members['requested_primaries'], `${field}.requested_primaries`),
    simulatedPrimaries,
    estimate: estimate(members['estimated_time'], simulatedPrimaries ?? -1, `${field}.estimated_time`),
    startTime: time(members['start_time'], `${field}.start_time`),
    endTime: time(members['end_time'], `${field}.end_time`),
  };
}

function state(value: unknown, field: string): TaskState {
  if (isAbsent(value)) return 'PENDING';
  const found = TASK_STATES.find((one) => one === value);
  if (found === undefined) throw new FieldError(field, `${quote(value)} is not one of ${TASK_STATES.join(', ')}`);
  return found;
}

function primaries(value: unknown, field: string): number | null {
  if (isAbsent(value)) return null;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw new FieldError(field, `must be an integer from 0 to ${Number.MAX_SAFE_INTEGER}`);
}

/** Seconds; fractions are cut, and a negative number says as little as none (so does NaN, which reads as null). */
function estimate(value: unknown, atPrimaries: number, field: string): Estimate | null {
  if (isAbsent(value)) return null;
  if (typeof value !== 'number') throw new FieldError(field, 'must be a number of seconds');
  if (value > Number.MAX_SAFE_INTEGER) throw new FieldError(field, `must be at most ${Number.MAX_SAFE_INTEGER}`);
  return value < 0 ? null : { seconds: Math.floor(value), atPrimaries };
}

function time(value: unknown, field: string): number | null {
  return isAbsent(value) ? null : parseUtcTime(value, field);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

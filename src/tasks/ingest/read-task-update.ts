import { invalid } from '../../errors/app-error.js';
import type { JsonShape } from '../../json/document-builder.js';
import { FieldError } from '../domain/field-error.js';
import { parseTaskUpdate, type TaskUpdate, UPDATE_MEMBERS } from '../domain/task-update.js';

/** The members of `update_dict` that are read; what else it holds is checked for syntax and dropped. */
export const UPDATE_DICT_SHAPE: JsonShape = {
  object: Object.fromEntries(UPDATE_MEMBERS.map((name) => [name, 'value' as const])),
};

/** Parses one update; its faults are `invalid`. */
export function readTaskUpdate(taskId: unknown, updateDict: unknown, path?: string): TaskUpdate {
  return refusingFaults(() => parseTaskUpdate(taskId, updateDict, path));
}

/** Runs a parser of the domain; a FieldError becomes `invalid`. */
export function refusingFaults<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof FieldError ? invalid(error.field, error.wrong) : error;
  }
}

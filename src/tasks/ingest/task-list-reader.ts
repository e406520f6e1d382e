import { invalid } from '../../errors/app-error.js';
import type { ContentReader } from '../../ingest/worker-body.js';
import { DocumentBuilder, type JsonShape } from '../../json/document-builder.js';
import type { Disposition, ValueKind } from '../../json/json-scanner.js';
import type { TaskUpdate } from '../domain/task-update.js';
import { readTaskUpdate, UPDATE_DICT_SHAPE } from './read-task-update.js';

/** One body may hold so many. */
const MAX_TASKS = 10_000;
const ELEMENT_SHAPE: JsonShape = { object: { task_id: 'value', update_dict: UPDATE_DICT_SHAPE } };

/** Reads `tasks` of a bulk body: each update is parsed as soon as it is whole, so that no chunk costs more than its own. */
export class TaskListReader implements ContentReader {
  readonly updates: TaskUpdate[] = [];
  private inList = false;
  /** Builds the element at hand. */
  private element: DocumentBuilder | undefined;

  key(name: string): void {
    this.element?.key(name);
  }

  value(kind: ValueKind): Disposition {
    if (!this.inList) {
      if (kind !== 'array') throw invalid('tasks', 'must be a list');
      this.inList = true;
      return 'enter';
    }
    this.element ??= this.nextElement();
    return this.element.value(kind);
  }

  endObject(): void {
    this.element?.endObject();
  }

  endArray(): void {
    // The elements' own lists are read whole, so this is the end of `tasks`.
    if (this.updates.length === 0) throw invalid('tasks', `must have 1 to ${MAX_TASKS} elements`);
  }

  private nextElement(): DocumentBuilder {
    if (this.updates.length === MAX_TASKS) throw invalid('tasks', `must have 1 to ${MAX_TASKS} elements`);
    const path = `tasks[${this.updates.length}]`;
    return new DocumentBuilder(ELEMENT_SHAPE, path, (value) => this.take(value, path));
  }

  private take(value: unknown, path: string): void {
    this.element = undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(path, 'must be an object');
    const { task_id, update_dict } = value as { readonly task_id?: unknown; readonly update_dict?: unknown };
    this.updates.push(readTaskUpdate(task_id, update_dict, `${path}.`));
  }
}

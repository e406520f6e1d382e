import type { TaskState } from './task-update.js';

/** A task as a reader sees it; null is unknown, times are as `Date.toISOString` prints them. */
export interface ShownTask {
  readonly taskId: number;
  readonly state: TaskState;
  readonly requestedPrimaries: number | null;
  readonly simulatedPrimaries: number | null;
  readonly estimatedTime: number | null;
  readonly startTime: string | null;
  readonly endTime: string | null;
  readonly lastUpdateTime: string | null;
}

/** What a reader is told of a job: its state, and its tasks by task_id. */
export interface JobProgress {
  readonly jobState: string;
  readonly tasks: readonly ShownTask[];
}

import type { TaskState } from './task-update.js';

/** A task as it is stored; times in epoch milliseconds. */
export interface StoredTask {
  readonly taskId: number;
  readonly state: TaskState;
  readonly requestedPrimaries: number | null;
  readonly simulatedPrimaries: number | null;
  readonly estimatedTime: number | null;
  readonly startTime: number | null;
  readonly endTime: number | null;
  readonly lastUpdateTime: number | null;
}

/** What a reader is told of a job: its state, and its tasks by task_id. */
export interface JobProgress {
  readonly jobState: string;
  readonly tasks: readonly StoredTask[];
}

/**
 * The tasks that a reader sees, by task_id: those stored (`stored`, ascending), and one PENDING for each of the
 * `ntasks` that has not reported. They are numbered from 1, or from 0 where a task 0 has reported.
 */
export function visibleTasks(stored: readonly StoredTask[], ntasks: number): StoredTask[] {
  const first = stored[0]?.taskId === 0 ? 0 : 1;
  const tasks: StoredTask[] = [];
  let expected = first;
  for (const task of stored) {
    for (; expected < first + ntasks && expected < task.taskId; expected++) tasks.push(unreported(expected));
    tasks.push(task.state === 'COMPLETED' ? completed(task) : task);
    expected = Math.max(expected, task.taskId + 1);
  }
  for (; expected < first + ntasks; expected++) tasks.push(unreported(expected));
  return tasks;
}

/** A completed task has simulated all that it was asked for, whatever its last progress report said. */
function completed(task: StoredTask): StoredTask {
  const { requestedPrimaries: requested, simulatedPrimaries: simulated } = task;
  return {
    ...task,
    simulatedPrimaries:
      requested === null || simulated === null ? (simulated ?? requested) : Math.max(requested, simulated),
  };
}

function unreported(taskId: number): StoredTask {
  return {
    taskId,
    state: 'PENDING',
    requestedPrimaries: null,
    simulatedPrimaries: null,
    estimatedTime: null,
    startTime: null,
    endTime: null,
    lastUpdateTime: null,
  };
}

import type { JobProgress, ShownTask } from '../../src/tasks/domain/job-progress.js';

/** The rule which tasks a reader sees, written plainly: what PostgreSQL finds must be the same. `stored` is ascending. */
export function shownTasks(stored: readonly ShownTask[], ntasks: number): ShownTask[] {
  const first = stored[0]?.taskId === 0 ? 0 : 1;
  const reported = new Map(stored.map((task) => [task.taskId, task]));
  const ids = new Set([...reported.keys(), ...Array.from({ length: ntasks }, (_, index) => first + index)]);
  return [...ids].sort((a, b) => a - b).map((id) => shown(reported.get(id) ?? unreported(id)));
}

/** `GET /tasks` as JavaScript prints it. */
export function printedTasks({ jobState, tasks }: JobProgress): string {
  const list = tasks.map((task) => ({
    task_id: task.taskId,
    task_state: task.state,
    requested_primaries: task.requestedPrimaries,
    simulated_primaries: task.simulatedPrimaries,
    estimated_time: task.estimatedTime,
    start_time: task.startTime,
    end_time: task.endTime,
    last_update_time: task.lastUpdateTime,
  }));
  return JSON.stringify({ message: 'Tasks', job_state: jobState, tasks: list });
}

function shown(task: ShownTask): ShownTask {
  const known = [task.requestedPrimaries, task.simulatedPrimaries].filter((primaries) => primaries !== null);
  if (task.state !== 'COMPLETED' || known.length === 0) return task;
  return { ...task, simulatedPrimaries: Math.max(...known) };
}

function unreported(taskId: number): ShownTask {
  const unknown = { requestedPrimaries: null, simulatedPrimaries: null, estimatedTime: null };
  return { taskId, state: 'PENDING', ...unknown, startTime: null, endTime: null, lastUpdateTime: null };
}

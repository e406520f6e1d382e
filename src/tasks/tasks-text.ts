import type { JobProgress, ShownTask } from './domain/job-progress.js';

/** The JSON text of `TasksAnswer`: nothing in it needs escapes, and to print objects would take twice as long. */
export function tasksText({ jobState, tasks }: JobProgress): string {
  return `{"message":"Tasks","job_state":"${jobState}","tasks":[${tasks.map((task) => taskText(task)).join(',')}]}`;
}

function taskText(task: ShownTask): string {
  const primaries = `"requested_primaries":${task.requestedPrimaries},"simulated_primaries":${task.simulatedPrimaries}`;
  const times = `"start_time":${quoted(task.startTime)},"end_time":${quoted(task.endTime)},"last_update_time":${quoted(task.lastUpdateTime)}`;
  return `{"task_id":${task.taskId},"task_state":"${task.state}",${primaries},"estimated_time":${task.estimatedTime},${times}}`;
}

function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`;
}

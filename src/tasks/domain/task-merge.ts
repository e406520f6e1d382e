import { type Estimate, TASK_STATES, type TaskUpdate } from './task-update.js';

/**
 * Merges what two updates know of one task; commutative, associative and idempotent, so neither order nor repetition
 * matters. The same rule stands in SQL in store-task-updates.ts; a test holds the two against each other.
 */
export function mergeTaskUpdates(a: TaskUpdate, b: TaskUpdate): TaskUpdate {
  return {
    taskId: a.taskId,
    state: TASK_STATES.indexOf(a.state) >= TASK_STATES.indexOf(b.state) ? a.state : b.state,
    requestedPrimaries: known(Math.max, a.requestedPrimaries, b.requestedPrimaries),
    simulatedPrimaries: known(Math.max, a.simulatedPrimaries, b.simulatedPrimaries),
    estimate: mergeEstimates(a.estimate, b.estimate),
    startTime: known(Math.min, a.startTime, b.startTime),
    endTime: known(Math.max, a.endTime, b.endTime),
  };
}

/** One update a task out of many, by ascending task_id: whoever writes them all in this order never deadlocks. */
export function foldTaskUpdates(updates: Iterable<TaskUpdate>): TaskUpdate[] {
  const byTask = new Map<number, TaskUpdate>();
  for (const update of updates) {
    const seen = byTask.get(update.taskId);
    byTask.set(update.taskId, seen === undefined ? update : mergeTaskUpdates(seen, update));
  }
  return [...byTask.values()].sort((a, b) => a.taskId - b.taskId);
}

/** That of the update with the most simulated primaries, the smaller at a tie. */
function mergeEstimates(a: Estimate | null, b: Estimate | null): Estimate | null {
  if (a === null || b === null) return a ?? b;
  if (a.atPrimaries !== b.atPrimaries) return a.atPrimaries > b.atPrimaries ? a : b;
  return a.seconds <= b.seconds ? a : b;
}

function known(pick: (a: number, b: number) => number, a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : pick(a, b);
}

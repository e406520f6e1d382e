import { uniformStream } from './counting-noise.js';

/** What the demo plays: how many tasks, how many primaries over all of them, which tasks fail (numbers from 1). */
export interface DemoPlan {
  tasks: number;
  primaries: number;
  failing: ReadonlySet<number>;
  seed: number;
}

/** Where a task stands at a moment of the show. */
export interface TaskMoment {
  taskId: number;
  state: 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED';
  simulated: number;
  requested: number;
  /** Share of the whole show, 0 to 1, until the task would be through. */
  remaining: number;
}

/** A failing task gets this far. */
const FAILS_AT = 0.4;

/**
 * All tasks at a moment of the show (0 the beginning, 1 the end): they start one after the other within its first tenth,
 * run at slightly different speeds and are all through at 0.95 at the latest. The same plan gives the same course.
 */
export function tasksAt(plan: DemoPlan, moment: number): TaskMoment[] {
  return Array.from({ length: plan.tasks }, (_, index) => taskAt(plan, index + 1, moment));
}

/** Primaries that count for the merged result: those of all tasks that did not fail. */
export function mergedPrimaries(tasks: TaskMoment[]): number {
  return tasks.reduce((sum, task) => sum + (task.state === 'FAILED' ? 0 : task.simulated), 0);
}

function taskAt(plan: DemoPlan, taskId: number, moment: number): TaskMoment {
  const requested = requestedPrimaries(plan, taskId);
  const start = (0.1 * (taskId - 1)) / plan.tasks;
  const end = 0.75 + 0.2 * uniformStream(plan.seed, taskId)();
  const progress = Math.min(1, Math.max(0, (moment - start) / (end - start)));
  const remaining = Math.max(0, end - moment);
  if (plan.failing.has(taskId) && progress >= FAILS_AT) {
    return { taskId, state: 'FAILED', simulated: Math.floor(requested * FAILS_AT), requested, remaining: 0 };
  }
  const state = progress === 1 ? 'COMPLETED' : moment < start ? 'PENDING' : 'RUNNING';
  return { taskId, state, simulated: Math.floor(requested * progress), requested, remaining };
}

/** An even share of the primaries; the first tasks take what does not divide. */
function requestedPrimaries(plan: DemoPlan, taskId: number): number {
  return Math.floor(plan.primaries / plan.tasks) + (taskId <= plan.primaries % plan.tasks ? 1 : 0);
}

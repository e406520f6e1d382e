import type { Worker } from '../worker-client/worker.js';
import { scoreDemo } from './domain/demo-scoring.js';
import { taskLog } from './domain/task-log.js';
import { type DemoPlan, type TaskMoment, mergedPrimaries, tasksAt } from './domain/task-schedule.js';

/** Everything that the demo worker needs from outside: what sends for it, and how time passes. */
export interface DemoShow {
  plan: DemoPlan;
  sender: Pick<Worker, 'results' | 'logfiles' | 'task'>;
  /** Length of the show in seconds; it only shapes the estimates of remaining time and the number of steps. */
  seconds: number;
  /** Resolves once this share (0 to 1) of the show is over. */
  pace: (moment: number) => Promise<void>;
  now: () => Date;
  onProgress: (progress: DemoProgress) => void;
}

/** Where the show stands after a step, and whether that step stored results. */
export interface DemoProgress {
  moment: number;
  tasks: TaskMoment[];
  stored: 'nothing' | 'partial results' | 'final results';
}

/** How often results are sent: each time with more primaries and so with less noise. */
const RESULT_ROUNDS = 8;

/**
 * Plays all tasks of one simulation side by side: states and progress at every step, log files and partial results in
 * rounds, and final results at the end from the tasks that completed. Where all failed there are none, so that the job
 * ends as FAILED. Throws what the sender throws.
 */
export async function playDemo(show: DemoShow): Promise<DemoProgress> {
  const stepsARound = Math.min(50, Math.max(5, Math.ceil((show.seconds * 2) / RESULT_ROUNDS)));
  const steps = stepsARound * RESULT_ROUNDS;
  const worker = new TaskReporter(show);
  let progress: DemoProgress = { moment: 0, tasks: tasksAt(show.plan, 0), stored: 'nothing' };
  for (let step = 1; step <= steps; step += 1) {
    const moment = step / steps;
    await show.pace(moment);
    const tasks = tasksAt(show.plan, moment);
    const roundIsOver = step % stepsARound === 0;
    await worker.report(tasks, roundIsOver);
    const stored = roundIsOver ? await sendResults(show, tasks, step, step === steps) : 'nothing';
    progress = { moment, tasks, stored };
    show.onProgress(progress);
  }
  return progress;
}

async function sendResults(
  show: DemoShow,
  tasks: TaskMoment[],
  revision: number,
  last: boolean,
): Promise<DemoProgress['stored']> {
  const primaries = mergedPrimaries(tasks);
  if (primaries === 0) return 'nothing';
  const estimators = scoreDemo({ primaries, seed: show.plan.seed });
  await show.sender.results(estimators, { revision, partial: !last });
  return last ? 'final results' : 'partial results';
}

/** Sends what is new about the tasks: a state or progress at once, logs at the end of a round and of a task. */
class TaskReporter {
  private readonly startTimes = new Map<number, string>();
  private readonly sent = new Map<number, TaskMoment>();

  constructor(private readonly show: DemoShow) {}

  async report(tasks: TaskMoment[], roundIsOver: boolean): Promise<void> {
    const changed = tasks.filter((task) => this.isNews(task));
    await Promise.all(changed.map((task) => this.sendState(task)));
    const ended = changed.filter(hasEnded);
    const logged = roundIsOver ? [...ended, ...tasks.filter((task) => task.state === 'RUNNING')] : ended;
    await Promise.all(logged.map((task) => this.sendLog(task)));
    for (const task of changed) this.sent.set(task.taskId, task);
  }

  private isNews(task: TaskMoment): boolean {
    const before = this.sent.get(task.taskId);
    if (!before) return task.state !== 'PENDING';
    return before.state !== task.state || before.simulated !== task.simulated;
  }

  private async sendState(task: TaskMoment): Promise<void> {
    const now = this.show.now().toISOString();
    const start = this.startTimes.get(task.taskId) ?? now;
    this.startTimes.set(task.taskId, start);
    await this.show.sender.task(task.taskId, {
      task_state: task.state,
      requested_primaries: task.requested,
      simulated_primaries: task.simulated,
      estimated_time: Math.round(task.remaining * this.show.seconds),
      start_time: start,
      end_time: hasEnded(task) ? now : undefined,
    });
  }

  private async sendLog(task: TaskMoment): Promise<void> {
    await this.show.sender.logfiles(taskLog(task, this.show.plan.seed), task.taskId);
  }
}

function hasEnded(task: TaskMoment): boolean {
  return task.state === 'COMPLETED' || task.state === 'FAILED';
}

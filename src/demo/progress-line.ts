import type { DemoProgress } from './demo-worker.js';
import type { TaskMoment } from './domain/task-schedule.js';

const BAR = 24;

/** Shows how far the demo is: one line in place on a terminal, a line a round of results anywhere else. */
export class ProgressLine {
  constructor(private readonly out: NodeJS.WriteStream) {}

  show(progress: DemoProgress): void {
    const text = describeProgress(progress);
    // a line that wraps could not be overwritten
    if (this.out.isTTY) this.out.write(`\r\x1b[2K${text.slice(0, this.out.columns - 1)}`);
    else if (progress.stored !== 'nothing' || progress.moment === 1) this.out.write(`${text}\n`);
  }

  /** Leaves the line that is being updated, so that what follows begins on a new one. */
  end(): void {
    if (this.out.isTTY) this.out.write('\n');
  }
}

/** `[######------]  50 %  tasks: 7 running, 1 failed; 41,000 of 80,000 primaries; partial results stored`. */
export function describeProgress(progress: DemoProgress): string {
  const filled = Math.round(BAR * progress.moment);
  const bar = '#'.repeat(filled) + '-'.repeat(BAR - filled);
  const percent = `${Math.round(100 * progress.moment)}`.padStart(3);
  const sum = (of: (task: TaskMoment) => number): string =>
    progress.tasks.reduce((total, task) => total + of(task), 0).toLocaleString('en');
  const primaries = `${sum((task) => task.simulated)} of ${sum((task) => task.requested)} primaries`;
  const stored = progress.stored === 'nothing' ? '' : `; ${progress.stored} stored`;
  return `[${bar}] ${percent} %  tasks: ${countStates(progress.tasks)}; ${primaries}${stored}`;
}

function countStates(tasks: TaskMoment[]): string {
  const states = ['PENDING', 'RUNNING', 'COMPLETED', 'FAILED'] as const;
  return states
    .map((state) => ({ state, count: tasks.filter((task) => task.state === state).length }))
    .filter(({ count }) => count > 0)
    .map(({ state, count }) => `${count} ${state.toLowerCase()}`)
    .join(', ');
}

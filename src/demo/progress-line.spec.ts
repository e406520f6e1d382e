import { tasksAt } from './domain/task-schedule.js';
import { describeProgress } from './progress-line.js';

describe('describeProgress', () => {
  it('says how many tasks are in which state and what was stored', () => {
    const plan = { tasks: 4, primaries: 4000, failing: new Set([2]), seed: 1 };
    expect(describeProgress({ moment: 1, tasks: tasksAt(plan, 1), stored: 'final results' })).toBe(
      `[${'#'.repeat(24)}] 100 %  tasks: 3 completed, 1 failed; 3,400 of 4,000 primaries; final results stored`,
    );
  });
});

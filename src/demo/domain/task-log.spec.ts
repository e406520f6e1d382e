import { taskLog } from './task-log.js';

describe('taskLog', () => {
  const task = { taskId: 3, requested: 1000, remaining: 0.5 };

  it('grows with the progress of the task', () => {
    const early = taskLog({ ...task, state: 'RUNNING', simulated: 300 }, 1)['stdout'] ?? '';
    const late = taskLog({ ...task, state: 'RUNNING', simulated: 800 }, 1)['stdout'] ?? '';
    expect(late.startsWith(early)).toBe(true);
    expect(late).toContain('Primary particle 750 of 1000');
  });

  it('of a failed task ends with the error, in both files', () => {
    const log = taskLog({ ...task, state: 'FAILED', simulated: 400 }, 1);
    expect(log['stdout']).toContain('ERROR: geometry');
    expect(log['stderr']).toContain('lost particles');
  });

  it('of a completed task says so', () => {
    const log = taskLog({ ...task, state: 'COMPLETED', simulated: 1000 }, 1);
    expect(log['stdout']).toMatch(/Run completed, exit code 0\n$/);
    expect(log).not.toHaveProperty('stderr');
  });
});

import type { StoredTask } from './task-list.js';
import { visibleTasks } from './task-list.js';

function stored(taskId: number, rest: Partial<StoredTask> = {}): StoredTask {
  const unknown = {
    requestedPrimaries: null,
    simulatedPrimaries: null,
    estimatedTime: null,
    startTime: null,
    endTime: null,
  };
  return { taskId, state: 'RUNNING', lastUpdateTime: 0, ...unknown, ...rest };
}

const ids = (tasks: readonly StoredTask[]) => tasks.map(({ taskId }) => taskId);

test('as many tasks as were submitted are shown, numbered from 1', () => {
  expect(ids(visibleTasks([], 3))).toStrictEqual([1, 2, 3]);
  expect(visibleTasks([stored(2)], 3).map(({ state }) => state)).toStrictEqual(['PENDING', 'RUNNING', 'PENDING']);
});

test('they are numbered from 0 where a task 0 has reported', () => {
  expect(ids(visibleTasks([stored(0)], 3))).toStrictEqual([0, 1, 2]);
});

test('tasks beyond those submitted are shown too', () => {
  expect(ids(visibleTasks([stored(2), stored(9)], 3))).toStrictEqual([1, 2, 3, 9]);
  expect(ids(visibleTasks([stored(0), stored(3)], 3))).toStrictEqual([0, 1, 2, 3]);
});

test('a completed task shows the larger of both as simulated', () => {
  const [task] = visibleTasks(
    [stored(1, { state: 'COMPLETED', simulatedPrimaries: 900, requestedPrimaries: 1000 })],
    1,
  );
  expect(task?.simulatedPrimaries).toBe(1000);
});

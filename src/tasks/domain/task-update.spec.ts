import { parseTaskUpdate } from './task-update.js';

const nothing = { requestedPrimaries: null, simulatedPrimaries: null, estimate: null, startTime: null, endTime: null };

test('an update says what it says and nothing else', () => {
  expect(parseTaskUpdate(7, {})).toStrictEqual({ taskId: 7, state: 'PENDING', ...nothing });
  expect(
    parseTaskUpdate(0, {
      task_state: 'RUNNING',
      simulated_primaries: 10,
      requested_primaries: 20,
      estimated_time: 3.9,
      start_time: '2026-01-01 00:00:00',
      celery_id: 'ignored',
    }),
  ).toStrictEqual({
    taskId: 0,
    state: 'RUNNING',
    simulatedPrimaries: 10,
    requestedPrimaries: 20,
    estimate: { seconds: 3, atPrimaries: 10 },
    startTime: Date.UTC(2026, 0, 1),
    endTime: null,
  });
});

test('null counts as absent, and so does a negative estimate', () => {
  const absent = {
    task_state: null,
    simulated_primaries: null,
    requested_primaries: null,
    start_time: null,
    end_time: null,
  };
  expect(parseTaskUpdate(1, { ...absent, estimated_time: -1 })).toStrictEqual({
    taskId: 1,
    state: 'PENDING',
    ...nothing,
  });
  expect(parseTaskUpdate(1, { estimated_time: 5 }).estimate).toStrictEqual({ seconds: 5, atPrimaries: -1 });
});

test.each([
  [undefined, {}, 'tasks[3].task_id: is required'],
  ['1', {}, 'tasks[3].task_id: must be an integer'],
  [-1, {}, 'tasks[3].task_id: must be an integer'],
  [2 ** 31, {}, 'tasks[3].task_id: must be an integer from 0 to 2147483647'],
  [1, undefined, 'tasks[3].update_dict: is required'],
  [1, [], 'tasks[3].update_dict: must be an object'],
  [1, { task_state: 'MERGING_QUEUED' }, 'update_dict.task_state: "MERGING_QUEUED" is not one of PENDING'],
  [1, { task_state: 5 }, 'update_dict.task_state: 5 is not one of'],
  [1, { simulated_primaries: -1 }, 'update_dict.simulated_primaries: must be an integer'],
  [1, { requested_primaries: 1.5 }, 'update_dict.requested_primaries: must be an integer'],
  [1, { simulated_primaries: 2 ** 53 }, 'update_dict.simulated_primaries: must be an integer'],
  [1, { estimated_time: '5' }, 'update_dict.estimated_time: must be a number of seconds'],
  [1, { start_time: 'soon' }, 'update_dict.start_time: "soon" is not a time'],
])('task %p with %j is refused: %s', (taskId, updateDict, message) => {
  expect(() => parseTaskUpdate(taskId, updateDict, 'tasks[3].')).toThrow(message);
});

import type { Effect } from '../logical-write.js';
import { type Beyond, members, type WorkerLimit, type Within } from './limit.js';

const MAX_TASK_ID = 2_147_483_647;
const MAX_SAFE = Number.MAX_SAFE_INTEGER;
const ID_RULE = `must be an integer from 0 to ${MAX_TASK_ID}`;
const START = '2026-11-25T00:00:00.000Z';

export function taskEffect(taskId: number, simulated = 5, startTime = START): Effect {
  return { kind: 'task', update: { taskId, state: 'RUNNING', simulated, startTime } };
}

export function taskUpdate(more: object = {}): object {
  return { task_state: 'RUNNING', simulated_primaries: 5, start_time: START, ...more };
}

function stored(what: string, task_id: number, update: object, shown: object, effect = taskEffect(task_id)): Within {
  return {
    what,
    content: members({ task_id, update_dict: taskUpdate(update) }),
    effects: () => [effect],
    reads: { path: '/tasks', like: { tasks: [{ task_id, ...shown }] } },
  };
}

function refused(what: string, error: string, task_id: number, update: object = {}): Beyond {
  return { what, content: members({ task_id, update_dict: taskUpdate(update) }), status: 400, error };
}

/** Everything that an update of a task may have so much of; times and counts. */
export function taskLimits(): WorkerLimit[] {
  const countRule = `must be an integer from 0 to ${MAX_SAFE}`;
  return [
    {
      name: 'task_id',
      route: 'tasks.update',
      within: [0, MAX_TASK_ID - 1, MAX_TASK_ID].map((id) => stored(`${id}`, id, {}, {})),
      beyond: [-1, MAX_TASK_ID + 1].map((id) => refused(`${id}`, `task_id: ${ID_RULE}`, id)),
    },
    {
      name: 'primaries',
      route: 'tasks.update',
      within: [
        stored(
          '0',
          1,
          { simulated_primaries: 0, requested_primaries: 0 },
          { requested_primaries: 0 },
          taskEffect(1, 0),
        ),
        stored(
          `${MAX_SAFE}`,
          1,
          { simulated_primaries: MAX_SAFE, requested_primaries: MAX_SAFE },
          { requested_primaries: MAX_SAFE },
          taskEffect(1, MAX_SAFE),
        ),
      ],
      beyond: ['simulated_primaries', 'requested_primaries'].flatMap((name) =>
        [-1, MAX_SAFE + 1].map((count) =>
          refused(`${name} ${count}`, `update_dict.${name}: ${countRule}`, 1, { [name]: count }),
        ),
      ),
    },
    {
      name: 'estimated_time',
      route: 'tasks.update',
      within: [0, MAX_SAFE].map((estimated_time) =>
        stored(`${estimated_time}`, 1, { estimated_time }, { estimated_time }),
      ),
      beyond: [
        refused(`${MAX_SAFE + 1}`, `update_dict.estimated_time: must be at most ${MAX_SAFE}`, 1, {
          estimated_time: MAX_SAFE + 1,
        }),
      ],
    },
    {
      name: 'times',
      route: 'tasks.update',
      within: ['1900-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z'].map((time) =>
        stored(time, 1, { start_time: time, end_time: time }, { end_time: time }, taskEffect(1, 5, time)),
      ),
      beyond: [
        ['start_time', '1899-12-31T23:59:59.999Z'],
        ['end_time', '9999-12-31T23:59:59.999-00:01'],
      ].map(([name = '', time]) =>
        refused(`${time}`, `update_dict.${name}: ${JSON.stringify(time)} is not in the years 1900 to 9999`, 1, {
          [name]: time,
        }),
      ),
    },
    tasksOfABody(),
    simulationId(),
  ];
}

function tasksOfABody(): WorkerLimit {
  const bulk = (ids: readonly number[]) =>
    members({ tasks: ids.map((task_id) => ({ task_id, update_dict: taskUpdate() })) });
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const within = (what: string, ids: readonly number[]): Within => ({
    what,
    content: bulk(ids),
    effects: () => ids.map((id) => taskEffect(id)),
  });
  const countRule = 'tasks: must have 1 to 10000 elements';
  return {
    name: 'tasks of a body',
    route: 'tasks.update-bulk',
    within: [within('1', [MAX_TASK_ID]), within('10,000', upTo(10_000))],
    beyond: [
      { what: 'none', content: bulk([]), status: 400, error: countRule },
      { what: '10,001', content: bulk(upTo(10_001)), status: 400, error: countRule },
      {
        what: 'a large task_id',
        content: bulk([1, MAX_TASK_ID + 1]),
        status: 400,
        error: `tasks[1].task_id: ${ID_RULE}`,
      },
    ],
  };
}

/** Beyond its form no simulation is looked for at all. */
function simulationId(): WorkerLimit {
  const rule = 'must be a job_id (1 to 128 characters of A-Z a-z 0-9 . _ : -) or a sim_id (a positive integer)';
  const ids = ['', 'j'.repeat(129), 0, MAX_SAFE + 1];
  return {
    name: 'simulation_id',
    route: 'jobs.update',
    within: [],
    beyond: ids.map((sim_id) => ({
      what: typeof sim_id === 'string' ? `${sim_id.length} characters` : `${sim_id}`,
      content: members({ job_state: 'RUNNING', simulation_id: sim_id, update_key: 'k'.repeat(43) }),
      isWhole: true,
      status: 400,
      error: `simulation_id: ${rule}`,
    })),
  };
}

import { jsonNumber, jsonObject, jsonTime } from '../prisma/json-text.js';
import { PreparedStatement, type Queryable } from '../prisma/database.js';
import {
  IS_VISIBLE,
  versionOf,
  type Viewer,
  visibleTo,
  withSummaries,
} from '../simulations/simulation-access.service.js';
import type { JobProgress, ShownTask } from './domain/job-progress.js';
import type { TaskState } from './domain/task-update.js';

/**
 * The tasks that a reader sees, by task_id: those that have reported, and one PENDING for each of those submitted that has not.
 * They are numbered from 1, or from 0 where a task 0 has reported. A completed task has simulated all that it was asked for,
 * whatever its last progress report said.
 */
const SHOWN_TASKS = `(
  SELECT COALESCE(k.task_id, n) AS task_id, COALESCE(k.state, 'PENDING') AS state, k.requested_primaries,
         CASE WHEN k.state = 'COMPLETED' THEN GREATEST(k.requested_primaries, k.simulated_primaries)
              ELSE k.simulated_primaries END AS simulated_primaries,
         k.estimated_time, k.start_time, k.end_time, k.last_update_time
    FROM (SELECT * FROM task WHERE simulation_id = s.id) k
    FULL JOIN generate_series(1 - t.has_task_zero::int, s.ntasks - t.has_task_zero::int) n ON n = k.task_id
   ORDER BY 1) shown`;

/** @param list what is made of the shown tasks */
function statement(name: string, list: string): PreparedStatement {
  return new PreparedStatement(
    name,
    `SELECT ${versionOf('tasks')} AS version, job_state(s, r, t) AS job_state, list.*
       ${withSummaries('tasks')}
      CROSS JOIN LATERAL (SELECT ${list} FROM ${SHOWN_TASKS}) list
      WHERE ${IS_VISIBLE}`,
  );
}

/** A list of one member of all tasks, by task_id. */
type Column<T> = readonly T[];

interface Row {
  readonly version: string;
  readonly job_state: string;
  readonly task_ids: Column<number>;
  readonly states: Column<TaskState>;
  readonly requested: Column<number | null>;
  readonly simulated: Column<number | null>;
  readonly estimated: Column<number | null>;
  readonly starts: Column<number | null>;
  readonly ends: Column<number | null>;
  readonly updates: Column<number | null>;
}

/** Tasks come column by column, each as one JSON list: to take a hundred rows apart one by one costs several times more. */
const FIND_TASKS = statement(
  'tasks of a simulation',
  `json_agg(task_id) AS task_ids, json_agg(state) AS states,
   json_agg(requested_primaries) AS requested, json_agg(simulated_primaries) AS simulated,
   json_agg(estimated_time) AS estimated, json_agg(${milliseconds('start_time')}) AS starts,
   json_agg(${milliseconds('end_time')}) AS ends, json_agg(${milliseconds('last_update_time')}) AS updates`,
);

/** A time in epoch milliseconds; a double holds these exactly. */
function milliseconds(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`;
}

/** Finds tasks and job state in one statement, of one snapshot; undefined where there is no such simulation that `viewer` may see. */
export async function findTasks(
  db: Queryable,
  viewer: Viewer,
  jobId: string,
): Promise<({ readonly version: string } & JobProgress) | undefined> {
  const { rows } = await db.query<Row>(FIND_TASKS.with(visibleTo(viewer, jobId)));
  const [row] = rows;
  if (row === undefined) return undefined;
  const tasks = row.task_ids.map((taskId, index) => shownTask(row, taskId, index));
  return { version: row.version, jobState: row.job_state, tasks };
}

function shownTask(row: Row, taskId: number, index: number): ShownTask {
  return {
    taskId,
    state: row.states[index] as TaskState,
    requestedPrimaries: row.requested[index] ?? null,
    simulatedPrimaries: row.simulated[index] ?? null,
    estimatedTime: row.estimated[index] ?? null,
    startTime: row.starts[index] ?? null,
    endTime: row.ends[index] ?? null,
    lastUpdateTime: row.updates[index] ?? null,
  };
}

/** A task in the API reference's shape, `TaskAnswer`. */
const TASK_TEXT = jsonObject({
  task_id: 'task_id',
  task_state: `'"' || state || '"'`,
  requested_primaries: jsonNumber('requested_primaries'),
  simulated_primaries: jsonNumber('simulated_primaries'),
  estimated_time: jsonNumber('estimated_time'),
  start_time: jsonTime('start_time'),
  end_time: jsonTime('end_time'),
  last_update_time: jsonTime('last_update_time'),
});

const PRINT_TASKS = statement('printed tasks of a simulation', `string_agg(${TASK_TEXT}, ',') AS texts`);

/** The same as the JSON text of `TasksAnswer`, which PostgreSQL prints (decision 22). */
export async function printTasks(
  db: Queryable,
  viewer: Viewer,
  jobId: string,
): Promise<{ readonly version: string; readonly text: string } | undefined> {
  const { rows } = await db.query<{ version: string; job_state: string; texts: string }>(
    PRINT_TASKS.with(visibleTo(viewer, jobId)),
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    version: row.version,
    text: `{"message":"Tasks","job_state":"${row.job_state}","tasks":[${row.texts}]}`,
  };
}

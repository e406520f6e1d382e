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
  readonly starts: Column<string | null>;
  readonly ends: Column<string | null>;
  readonly updates: Column<string | null>;
}

/** Tasks come column by column, each as one JSON list: to take a hundred rows apart one by one costs several times more. */
const FIND_TASKS = new PreparedStatement(
  'tasks of a simulation',
  `SELECT ${versionOf('tasks')} AS version, job_state(s, r, t) AS job_state, columns.*
     ${withSummaries('tasks')}
    CROSS JOIN LATERAL (
      SELECT json_agg(task_id) AS task_ids, json_agg(state) AS states,
             json_agg(requested_primaries) AS requested, json_agg(simulated_primaries) AS simulated,
             json_agg(estimated_time) AS estimated, json_agg(${utc('start_time')}) AS starts,
             json_agg(${utc('end_time')}) AS ends, json_agg(${utc('last_update_time')}) AS updates
        FROM ${SHOWN_TASKS}) columns
    WHERE ${IS_VISIBLE}`,
);

/** JSON has it as `2026-11-24T09:30:00.25`, without zeros at the end. */
function utc(column: string): string {
  return `${column} AT TIME ZONE interval '0'`;
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
    startTime: isoTime(row.starts[index]),
    endTime: isoTime(row.ends[index]),
    lastUpdateTime: isoTime(row.updates[index]),
  };
}

const ISO_SECONDS = '2026-11-24T09:30:00'.length;
const ISO_MILLISECONDS = ISO_SECONDS + '.000'.length;

/** As `Date.toISOString` prints it. */
function isoTime(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  if (text.length === ISO_MILLISECONDS) return `${text}Z`;
  return `${text}${text.length === ISO_SECONDS ? '.' : ''}`.padEnd(ISO_MILLISECONDS, '0') + 'Z';
}

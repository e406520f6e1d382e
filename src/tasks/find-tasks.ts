import type { BinaryRows } from '../prisma/binary-rows.js';
import { type Database, PreparedStatement } from '../prisma/database.js';
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
    FROM (SELECT * FROM task WHERE simulation_id = v.id) k
    FULL JOIN generate_series(1 - v.has_task_zero::int, v.ntasks - v.has_task_zero::int) n ON n = k.task_id
   ORDER BY 1) shown`;

/** One row for each task, each with what is told of all of them. */
const FIND_TASKS = new PreparedStatement(
  'tasks of a simulation',
  `SELECT v.version, v.job_state, shown.*
     FROM (SELECT s.id, s.ntasks, t.has_task_zero, ${versionOf('tasks')} AS version, job_state(s, r, t) AS job_state
             ${withSummaries('tasks')} WHERE ${IS_VISIBLE} OFFSET 0) v
    CROSS JOIN LATERAL ${SHOWN_TASKS}`,
);
const [VERSION, JOB_STATE] = [0, 1];
export const TASK_ID = 2;
export const STATE = 3;
/** Primaries requested and simulated, and the estimated time. */
export const NUMBERS = [4, 5, 6] as const;
/** Of start, end and last update. */
export const TIMES = [7, 8, 9] as const;

/** The tasks of a job as PostgreSQL sends them. */
export interface FoundTasks {
  readonly jobState: string;
  /** At the first task: every job has one. */
  readonly rows: BinaryRows;
}

/**
 * Finds tasks and job state in one statement, of one snapshot, and lets `answer` make of them what it likes; undefined where there is
 * no such simulation that `viewer` may see.
 */
export async function findTasks<T>(
  database: Database,
  viewer: Viewer,
  jobId: string,
  answer: (found: FoundTasks) => T,
): Promise<{ readonly version: string; readonly answer: T } | undefined> {
  return database.reading(FIND_TASKS.with(visibleTo(viewer, jobId)), (rows) => {
    if (!rows.next()) return undefined;
    return { version: rows.text(VERSION), answer: answer({ jobState: rows.text(JOB_STATE), rows }) };
  });
}

/** As objects, for who has more to do with them than to print them. */
export function jobProgress({ jobState, rows }: FoundTasks): JobProgress {
  const tasks: ShownTask[] = [];
  do tasks.push(shownTask(rows));
  while (rows.next());
  return { jobState, tasks };
}

function shownTask(rows: BinaryRows): ShownTask {
  const number = (field: number) => (rows.isNull(field) ? null : rows.int8(field));
  const time = (field: number) => (rows.isNull(field) ? null : new Date(rows.time(field)).toISOString());
  return {
    taskId: rows.int4(TASK_ID),
    state: rows.text(STATE) as TaskState,
    requestedPrimaries: number(NUMBERS[0]),
    simulatedPrimaries: number(NUMBERS[1]),
    estimatedTime: number(NUMBERS[2]),
    startTime: time(TIMES[0]),
    endTime: time(TIMES[1]),
    lastUpdateTime: time(TIMES[2]),
  };
}

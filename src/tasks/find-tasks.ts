import { PreparedStatement, type Queryable } from '../prisma/database.js';
import { IS_VISIBLE, type Viewer, visibleTo } from '../simulations/simulation-access.service.js';
import type { StoredTask } from './domain/task-list.js';
import type { TaskState } from './domain/task-update.js';

/** A simulation's tasks and job state, all of one snapshot with the versions that they depend on. */
export interface FoundTasks {
  /** Of the simulation. */
  readonly id: number;
  readonly epoch: string;
  readonly versions: readonly [tasks: string, results: string];
  readonly jobState: string;
  /** Tasks that were submitted. */
  readonly ntasks: number;
  /** By task_id. */
  readonly stored: readonly StoredTask[];
}

/** A list of one member of all tasks, by task_id; null where there are no tasks. */
type Column<T> = readonly T[] | null;

interface Row {
  readonly id: number;
  readonly epoch: string;
  readonly tasks_version: string;
  readonly results_version: string;
  readonly job_state: string;
  readonly ntasks: number;
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
const FIND_TASKS = new PreparedStatement(
  'tasks of a simulation',
  `SELECT s.id, e.epoch, t.version AS tasks_version, r.version AS results_version, job_state(s, r, t) AS job_state, s.ntasks, k.*
     FROM simulation s
     JOIN result_summary r ON r.simulation_id = s.id
     JOIN task_summary t ON t.simulation_id = s.id
    CROSS JOIN database_epoch e
    CROSS JOIN LATERAL (
      SELECT json_agg(task_id) AS task_ids, json_agg(state) AS states,
             json_agg(requested_primaries) AS requested, json_agg(simulated_primaries) AS simulated,
             json_agg(estimated_time) AS estimated, json_agg(${milliseconds('start_time')}) AS starts,
             json_agg(${milliseconds('end_time')}) AS ends, json_agg(${milliseconds('last_update_time')}) AS updates
        FROM (SELECT * FROM task WHERE simulation_id = s.id ORDER BY task_id) sorted) k
    WHERE ${IS_VISIBLE}`,
);

/** A time in epoch milliseconds; a double holds these exactly. */
function milliseconds(column: string): string {
  return `round(date_part('epoch', ${column}) * 1000)`;
}

/** Finds tasks and job state in one statement; undefined where there is no such simulation that `viewer` may see. */
export async function findTasks(db: Queryable, viewer: Viewer, jobId: string): Promise<FoundTasks | undefined> {
  const { rows } = await db.query<Row>(FIND_TASKS.with(visibleTo(viewer, jobId)));
  const [row] = rows;
  if (row === undefined) return undefined;
  return {
    id: row.id,
    epoch: row.epoch,
    versions: [row.tasks_version, row.results_version],
    jobState: row.job_state,
    ntasks: row.ntasks,
    stored: (row.task_ids ?? []).map((taskId, index) => storedTask(row, taskId, index)),
  };
}

function storedTask(row: Row, taskId: number, index: number): StoredTask {
  return {
    taskId,
    state: row.states?.[index] as TaskState,
    requestedPrimaries: row.requested?.[index] ?? null,
    simulatedPrimaries: row.simulated?.[index] ?? null,
    estimatedTime: row.estimated?.[index] ?? null,
    startTime: row.starts?.[index] ?? null,
    endTime: row.ends?.[index] ?? null,
    lastUpdateTime: row.updates?.[index] ?? null,
  };
}

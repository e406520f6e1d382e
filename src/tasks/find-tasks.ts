import type { Queryable } from '../prisma/database.js';
import type { StoredTask } from './domain/task-list.js';
import type { TaskState } from './domain/task-update.js';

/** A simulation's tasks and job state, all of one snapshot with the versions that they depend on. */
export interface FoundTasks {
  readonly versions: readonly [tasks: string, results: string];
  readonly jobState: string;
  /** Tasks that were submitted. */
  readonly ntasks: number;
  /** By task_id. */
  readonly stored: readonly StoredTask[];
}

interface Row {
  readonly tasks_version: string;
  readonly results_version: string;
  readonly job_state: string;
  readonly ntasks: number;
  readonly task_id: number | null;
  readonly state: TaskState;
  readonly requested_primaries: string | null;
  readonly simulated_primaries: string | null;
  readonly estimated_time: string | null;
  readonly start_time: Date | null;
  readonly end_time: Date | null;
  readonly last_update_time: Date | null;
}

/** Finds tasks and job state in one statement; undefined where the simulation is gone. */
export async function findTasks(db: Queryable, simulationId: number): Promise<FoundTasks | undefined> {
  const { rows } = await db.query<Row>(
    `SELECT t.version AS tasks_version, r.version AS results_version, job_state(s, r, t) AS job_state, s.ntasks,
            k.task_id, k.state, k.requested_primaries, k.simulated_primaries, k.estimated_time,
            k.start_time, k.end_time, k.last_update_time
       FROM simulation s
       JOIN result_summary r ON r.simulation_id = s.id
       JOIN task_summary t ON t.simulation_id = s.id
       LEFT JOIN task k ON k.simulation_id = s.id
      WHERE s.id = $1
      ORDER BY k.task_id`,
    [simulationId],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    versions: [first.tasks_version, first.results_version],
    jobState: first.job_state,
    ntasks: first.ntasks,
    stored: rows.flatMap((row) => (row.task_id === null ? [] : [storedTask(row, row.task_id)])),
  };
}

function storedTask(row: Row, taskId: number): StoredTask {
  return {
    taskId,
    state: row.state,
    requestedPrimaries: numberOrNull(row.requested_primaries),
    simulatedPrimaries: numberOrNull(row.simulated_primaries),
    estimatedTime: numberOrNull(row.estimated_time),
    startTime: row.start_time?.getTime() ?? null,
    endTime: row.end_time?.getTime() ?? null,
    lastUpdateTime: row.last_update_time?.getTime() ?? null,
  };
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}

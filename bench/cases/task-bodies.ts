import { post } from '../client/request-bytes.js';
import type { Session, WorkerKey } from '../client/session.js';

/** A body of `POST /tasks`. */
export function taskBody(worker: WorkerKey, taskId: number, simulated: number): Buffer {
  return Buffer.from(JSON.stringify({ ...worker, task_id: taskId, update_dict: updateDict(simulated) }));
}

/** A body of `POST /tasks/bulk` for the tasks 1 to `count`. */
export function bulkBody(worker: WorkerKey, count: number, simulatedBy: (taskId: number) => number): Buffer {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const tasks = ids.map((id) => ({ task_id: id, update_dict: updateDict(simulatedBy(id)) }));
  return Buffer.from(JSON.stringify({ ...worker, tasks }));
}

/** Lets all the tasks of a simulation report once, each something of its own. */
export async function reportTasks(session: Session, worker: WorkerKey, count: number): Promise<void> {
  await session.exchange(post('/tasks/bulk', [bulkBody(worker, count, (taskId) => taskId * 12_345)]), 202);
}

function updateDict(simulated: number): object {
  return {
    task_state: 'RUNNING',
    requested_primaries: 1_000_000_000,
    simulated_primaries: simulated,
    estimated_time: 42 + (simulated % 600),
    start_time: new Date(Date.UTC(2026, 10, 24, 9, 30) - (simulated % 10_000)).toISOString(),
  };
}

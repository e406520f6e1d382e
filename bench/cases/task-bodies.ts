import { post } from '../client/request-bytes.js';
import type { Session, WorkerKey } from '../client/session.js';

/** A body of `POST /tasks`. */
export function taskBody(worker: WorkerKey, taskId: number, simulated: number): Buffer {
  return Buffer.from(JSON.stringify({ ...worker, task_id: taskId, update_dict: updateDict(simulated) }));
}

/** A body of `POST /tasks/bulk` for the tasks 1 to `count`. */
export function bulkBody(worker: WorkerKey, count: number, simulated: number): Buffer {
  const tasks = Array.from({ length: count }, (_, index) => ({
    task_id: index + 1,
    update_dict: updateDict(simulated),
  }));
  return Buffer.from(JSON.stringify({ ...worker, tasks }));
}

/** Lets all the tasks of a simulation report once. */
export async function reportTasks(session: Session, worker: WorkerKey, count: number): Promise<void> {
  await session.exchange(post('/tasks/bulk', [bulkBody(worker, count, 1)]), 202);
}

function updateDict(simulated: number): object {
  return {
    task_state: 'RUNNING',
    requested_primaries: 1_000_000_000,
    simulated_primaries: simulated,
    estimated_time: 42,
    start_time: '2026-11-24T09:30:00.000Z',
  };
}

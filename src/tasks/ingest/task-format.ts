import { IsInt, Max, Min } from 'class-validator';
import type { WorkerBodyFormat } from '../../ingest/worker-body.js';
import { WorkerEnvelope } from '../../ingest/worker-envelope.js';
import { MAX_TASK_ID, TASK_ID_RULE } from '../domain/task-update.js';

/** The envelope of POST /tasks and of `tasks.update`. */
export class TaskEnvelope extends WorkerEnvelope {
  @IsInt({ message: TASK_ID_RULE })
  @Min(0, { message: TASK_ID_RULE })
  @Max(MAX_TASK_ID, { message: TASK_ID_RULE })
  task_id!: number;
}

/** Where the scalars and the content of one task's update stand. */
export const TASK_FORMAT: WorkerBodyFormat<TaskEnvelope> = {
  envelope: TaskEnvelope,
  scalars: ['simulation_id', 'update_key', 'task_id'],
  content: 'update_dict',
  maxBytes: 1024 * 1024,
};

/** The same for POST /tasks/bulk and `tasks.update-bulk`. */
export const TASK_LIST_FORMAT: WorkerBodyFormat<WorkerEnvelope> = {
  envelope: WorkerEnvelope,
  scalars: ['simulation_id', 'update_key'],
  content: 'tasks',
  maxBytes: 16 * 1024 * 1024,
};

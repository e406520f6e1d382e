import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { WorkerBodyFormat } from '../../ingest/worker-body.js';
import { WorkerEnvelope } from '../../ingest/worker-envelope.js';

const TASK_ID_RULE = 'must be an integer from 0 to 2147483647';

/** The envelope of POST /logfiles and of `logfiles.save`. */
export class LogsEnvelope extends WorkerEnvelope {
  /** Puts the files under `task_<id>/`, so that workers side by side don't replace each other's. */
  @IsOptional()
  @IsInt({ message: TASK_ID_RULE })
  @Min(0, { message: TASK_ID_RULE })
  @Max(2_147_483_647, { message: TASK_ID_RULE })
  task_id?: number | null;
}

/** Where the scalars and the content of a log body stand. */
export const LOGS_FORMAT: WorkerBodyFormat<LogsEnvelope> = {
  envelope: LogsEnvelope,
  scalars: ['simulation_id', 'update_key', 'task_id'],
  content: 'logfiles',
  maxBytes: 64 * 1024 * 1024,
};

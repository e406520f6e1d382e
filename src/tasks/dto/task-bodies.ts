import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { MAX_TASK_ID, TASK_STATES, type TaskState } from '../domain/task-update.js';

const SIMULATION_ID = { oneOf: [{ type: 'string' }, { type: 'integer' }], example: 'abc123-def456' };
const UPDATE_KEY = { example: 'the-update-key-of-the-simulation-0123456789' };
const TASK_ID = { type: 'integer', minimum: 0, maximum: MAX_TASK_ID, example: 1 } as const;
const PRIMARIES = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, example: 1000 } as const;

const BATCH_ID = [
  { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  { type: 'string', maxLength: 128 },
];

/** Documents an update; null counts as absent, other keys are ignored. */
export class UpdateDict {
  @ApiPropertyOptional({ enum: TASK_STATES, example: 'COMPLETED' })
  task_state?: TaskState;

  @ApiPropertyOptional(PRIMARIES)
  simulated_primaries?: number;

  @ApiPropertyOptional(PRIMARIES)
  requested_primaries?: number;

  @ApiPropertyOptional({
    description: 'Seconds until the end; negative counts as absent, fractions are cut',
    example: 0,
  })
  estimated_time?: number;

  @ApiPropertyOptional({
    description: 'ISO 8601, or `YYYY-MM-DD HH:MM:SS.ffffff`; UTC without a zone',
    example: '2026-11-24T09:30:00Z',
  })
  start_time?: string;

  @ApiPropertyOptional({ description: 'As start_time', example: '2026-11-24 09:41:12.000250' })
  end_time?: string;
}

/** Documents the body of POST /tasks. */
export class TaskBody {
  @ApiProperty(SIMULATION_ID)
  simulation_id!: string | number;

  @ApiProperty(UPDATE_KEY)
  update_key!: string;

  @ApiProperty(TASK_ID)
  task_id!: number;

  @ApiProperty({ type: UpdateDict })
  update_dict!: UpdateDict;
}

/** Documents an element of POST /tasks/bulk. */
export class ListedUpdate {
  @ApiProperty(TASK_ID)
  task_id!: number;

  @ApiProperty({ type: UpdateDict })
  update_dict!: UpdateDict;
}

/** Documents the body of POST /tasks/bulk; it is read by the TaskListReader, element by element. */
export class TaskListBody {
  @ApiProperty(SIMULATION_ID)
  simulation_id!: string | number;

  @ApiProperty(UPDATE_KEY)
  update_key!: string;

  @ApiProperty({ type: [ListedUpdate], minItems: 1, maxItems: 10_000 })
  tasks!: ListedUpdate[];
}

/** Documents the body of POST /jobs. */
export class JobReportBody {
  @ApiProperty({ ...SIMULATION_ID, description: 'May be called `sim_id` instead' })
  simulation_id!: string | number;

  @ApiProperty(UPDATE_KEY)
  update_key!: string;

  @ApiProperty({
    description: 'RUNNING, MERGING_QUEUED, MERGING_RUNNING, FAILED or CANCELED; others are without effect',
    example: 'MERGING_QUEUED',
  })
  job_state!: string;

  @ApiPropertyOptional({
    description: 'Stored as log files: texts by name, or one text',
    oneOf: [{ type: 'object', additionalProperties: { type: 'string' } }, { type: 'string' }],
    example: { 'collect.log': 'merging 8 files...\n' },
  })
  log?: string | Record<string, string>;

  @ApiPropertyOptional({
    description: 'When the job ended; as `start_time` of a task',
    example: '2026-11-24 09:41:12.000250',
  })
  end_time?: string;
  @ApiPropertyOptional({
    maxLength: 4096,
    description: 'The folder on a cluster in which the job runs; kept for admins',
    example: '/scratch/runs/1764150000',
  })
  job_dir?: string;

  @ApiPropertyOptional({
    oneOf: BATCH_ID,
    description: 'The batch job whose array members are the tasks; kept as text for admins, the last one sent wins',
    example: 4711,
  })
  array_id?: string | number;

  @ApiPropertyOptional({
    oneOf: BATCH_ID,
    description: 'The batch job that collects their results; likewise',
    example: 4712,
  })
  collect_id?: string | number;
}

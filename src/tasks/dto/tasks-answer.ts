import { ApiProperty } from '@nestjs/swagger';
import { TASK_STATES, type TaskState } from '../domain/task-update.js';

const PRIMARIES = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, nullable: true } as const;
const TIME = { type: 'string', format: 'date-time', nullable: true } as const;

/** A task as a reader sees it; null is unknown. `tasks-text.ts` prints it. */
export class TaskAnswer {
  @ApiProperty({ type: 'integer', minimum: 0, example: 1 })
  task_id!: number;

  @ApiProperty({ enum: TASK_STATES, example: 'RUNNING' })
  task_state!: TaskState;

  @ApiProperty({ ...PRIMARIES, example: 1000 })
  requested_primaries!: number | null;

  @ApiProperty({ ...PRIMARIES, example: 500 })
  simulated_primaries!: number | null;

  @ApiProperty({ ...PRIMARIES, description: 'Seconds until the end', example: 42 })
  estimated_time!: number | null;

  @ApiProperty({ ...TIME, example: '2026-11-24T09:30:00.000Z' })
  start_time!: string | null;

  @ApiProperty({ ...TIME, example: null })
  end_time!: string | null;

  @ApiProperty({
    ...TIME,
    description: 'When an update that changed something was received',
    example: '2026-11-24T09:31:07.250Z',
  })
  last_update_time!: string | null;
}

/** The answer of GET /tasks. */
export class TasksAnswer {
  @ApiProperty({ example: 'Tasks' })
  message!: string;

  @ApiProperty({
    enum: ['PENDING', 'RUNNING', 'MERGING_QUEUED', 'MERGING_RUNNING', 'COMPLETED', 'FAILED', 'CANCELED', 'UNKNOWN'],
    example: 'RUNNING',
  })
  job_state!: string;

  @ApiProperty({ type: [TaskAnswer], description: 'By task_id; those that have not reported are PENDING' })
  tasks!: TaskAnswer[];
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { JOB_STATES } from '../../simulations/domain/job-state.js';
import type { JobProgress, ShownTask } from '../../tasks/domain/job-progress.js';
import { TASK_STATES } from '../../tasks/domain/task-update.js';
import { type Duration, durationOf } from '../domain/duration.js';

const PRIMARIES = { type: 'integer', minimum: 0, description: '0 while unknown' } as const;

class TaskStatus {
  @ApiProperty({ type: 'integer', example: 1, description: 'As its worker numbered it' })
  task_id!: number;

  @ApiProperty({ enum: TASK_STATES, example: 'RUNNING' })
  task_state!: string;

  @ApiProperty({ ...PRIMARIES, example: 1000 })
  requested_primaries!: number;

  @ApiProperty({ ...PRIMARIES, example: 500 })
  simulated_primaries!: number;

  @ApiPropertyOptional({ example: 'Thu, 15 Jun 2023 13:47:23 GMT' })
  start_time?: string;

  @ApiPropertyOptional({ example: 'Thu, 15 Jun 2023 13:52:07 GMT' })
  end_time?: string;

  @ApiPropertyOptional({ example: 'Thu, 15 Jun 2023 13:52:07 GMT' })
  last_update_time?: string;

  @ApiPropertyOptional({
    type: 'object',
    properties: { hours: { type: 'integer' }, minutes: { type: 'integer' }, seconds: { type: 'integer' } },
    example: { hours: 0, minutes: 0, seconds: 42 },
  })
  estimated_time?: Duration;

  /** What is unknown is left out, which is how that dialect's clients tell. */
  static of(task: ShownTask): TaskStatus {
    return {
      task_id: task.taskId,
      task_state: task.state,
      requested_primaries: task.requestedPrimaries ?? 0,
      simulated_primaries: task.simulatedPrimaries ?? 0,
      ...(task.startTime !== null && { start_time: gmtTime(task.startTime) }),
      ...(task.endTime !== null && { end_time: gmtTime(task.endTime) }),
      ...(task.lastUpdateTime !== null && { last_update_time: gmtTime(task.lastUpdateTime) }),
      ...(task.estimatedTime !== null && { estimated_time: durationOf(task.estimatedTime) }),
    };
  }
}

/** The answer of GET /yaptide/jobs. */
export class JobsAnswer {
  @ApiProperty({ example: 'Job status' })
  message!: string;

  @ApiProperty({ enum: JOB_STATES, example: 'RUNNING' })
  job_state!: string;

  @ApiProperty({ type: [TaskStatus], description: 'By task_id' })
  job_tasks_status!: TaskStatus[];

  static of({ jobState, tasks }: JobProgress): JobsAnswer {
    return { message: 'Job status', job_state: jobState, job_tasks_status: tasks.map((task) => TaskStatus.of(task)) };
  }
}

/** RFC 1123 in GMT. */
function gmtTime(time: string): string {
  return new Date(time).toUTCString();
}

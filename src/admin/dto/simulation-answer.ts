import { ApiProperty } from '@nestjs/swagger';
import type { FoundSimulationDetail } from '../find-simulation.js';
import { AdminSimulation, simulationOf } from './simulations-answer.js';
import { StoredBytes, storedBytes } from './stored-bytes.js';

class SimulationResults extends StoredBytes {
  @ApiProperty({ example: true, description: 'Whether they are final' })
  final!: boolean;

  @ApiProperty({ format: 'date-time', nullable: true, type: String, example: '2026-11-24T12:05:00.000Z' })
  final_at!: string | null;

  @ApiProperty({ type: 'integer', example: 5 })
  estimators!: number;

  @ApiProperty({ type: 'integer', example: 9 })
  pages!: number;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    example: null,
    description: 'So many pages make them final; 0 where a final message named no number',
  })
  pages_total!: number | null;
}

class SimulationLogs extends StoredBytes {
  @ApiProperty({ type: 'integer', example: 8 })
  files!: number;
}

/** Tasks that reported, by their state; all others are pending. */
class TaskStates {
  @ApiProperty({ type: 'integer', example: 0 })
  PENDING!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  RUNNING!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  CANCELED!: number;

  @ApiProperty({ type: 'integer', example: 0 })
  FAILED!: number;

  @ApiProperty({ type: 'integer', example: 8 })
  COMPLETED!: number;
}

/** What a worker on a cluster said of its batch jobs, as sent; null where it said nothing. */
class BatchJobs {
  @ApiProperty({ type: String, nullable: true, example: '/scratch/runs/1764150000' })
  job_dir!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: '4711',
    description: 'The job whose array members are the tasks',
  })
  array_id!: string | null;

  @ApiProperty({ type: String, nullable: true, example: '4712', description: 'The job that collects their results' })
  collect_id!: string | null;
}

class AdminSimulationDetail extends AdminSimulation {
  @ApiProperty({
    enum: ['DIRECT', 'BATCH'],
    nullable: true,
    type: String,
    example: null,
    description: 'How its tasks are handed out over RabbitMQ; null where its submitter runs it',
  })
  platform!: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    example: null,
    description: 'As they were submitted with it',
  })
  batch_options!: object | null;

  @ApiProperty({
    type: String,
    nullable: true,
    example: null,
    description: 'The state of the whole job that a worker reported',
  })
  reported_state!: string | null;

  @ApiProperty({ format: 'date-time', nullable: true, type: String, example: null })
  canceled_at!: string | null;

  @ApiProperty({ type: BatchJobs, description: 'What a worker on a cluster said of its batch jobs' })
  batch!: BatchJobs;

  @ApiProperty({
    type: TaskStates,
    description: 'Tasks that reported, by their state; the others of `ntasks` are pending',
  })
  task_states!: TaskStates;

  @ApiProperty({ type: SimulationResults })
  results!: SimulationResults;

  @ApiProperty({ type: SimulationLogs })
  logs!: SimulationLogs;

  @ApiProperty({ type: StoredBytes })
  input!: StoredBytes;
}

/** The answer of GET /admin/simulations/{job_id}. */
export class AdminSimulationAnswer {
  @ApiProperty({ example: 'Simulation' })
  message!: string;

  @ApiProperty({ type: AdminSimulationDetail })
  simulation!: AdminSimulationDetail;

  static of(found: FoundSimulationDetail): AdminSimulationAnswer {
    const { pending, running, canceled, failed, completed, final_at, estimators, pages, pages_total } = found;
    const simulation: AdminSimulationDetail = {
      ...simulationOf(found),
      platform: found.platform,
      batch_options: found.batch_options === null ? null : (JSON.parse(found.batch_options) as object),
      reported_state: found.reported_state,
      canceled_at: found.canceled_at?.toISOString() ?? null,
      batch: { job_dir: found.batch_job_dir, array_id: found.batch_array_id, collect_id: found.batch_collect_id },
      task_states: { PENDING: pending, RUNNING: running, CANCELED: canceled, FAILED: failed, COMPLETED: completed },
      results: {
        final: final_at !== null,
        final_at: final_at?.toISOString() ?? null,
        estimators,
        pages,
        pages_total,
        ...storedBytes(found.results_stored, found.results_raw),
      },
      logs: { files: found.log_files, ...storedBytes(found.logs_stored, found.logs_raw) },
      input: storedBytes(found.input_stored, found.input_raw),
    };
    return { message: 'Simulation', simulation };
  }
}

import { ApiProperty } from '@nestjs/swagger';
import { paged } from '../../http/paged-query.js';
import { JOB_STATES, type JobState } from '../domain/job-state.js';
import type { ListedSimulation } from '../domain/listed-simulation.js';

class ListedSimulationAnswer {
  @ApiProperty({ example: 'demo' })
  job_id!: string;

  @ApiProperty({ type: 'integer', example: 1 })
  sim_id!: number;

  @ApiProperty({ example: 'Proton pencil beam in water' })
  title!: string;

  @ApiProperty({ example: 'shieldhit' })
  sim_type!: string;

  @ApiProperty({ enum: ['editor', 'files'] })
  input_type!: string;

  @ApiProperty({ enum: JOB_STATES, example: 'COMPLETED' })
  job_state!: JobState;

  @ApiProperty({ type: 'integer', example: 8 })
  ntasks!: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-24T12:00:00.000Z' })
  created_at!: string;

  @ApiProperty({ format: 'date-time', nullable: true, type: String, example: '2026-11-24T12:00:01.000Z' })
  start_time!: string | null;

  @ApiProperty({ format: 'date-time', nullable: true, type: String, example: '2026-11-24T12:05:00.000Z' })
  end_time!: string | null;
}

/** The answer of GET /simulations. */
export class ListAnswer {
  @ApiProperty({ example: 'Simulations' })
  message!: string;

  @ApiProperty({ type: [ListedSimulationAnswer] })
  simulations!: ListedSimulationAnswer[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Pass it as `cursor`; null at the end' })
  next_cursor!: string | null;

  /** @param listed one more than `limit` where there are more */
  static of(listed: readonly ListedSimulation[], limit: number): ListAnswer {
    const { shown, next_cursor } = paged(listed, limit, ({ id }) => String(id));
    return {
      message: 'Simulations',
      simulations: shown.map(({ id, created_at, start_time, end_time, ...rest }) => ({
        job_id: rest.job_id,
        sim_id: id,
        title: rest.title,
        sim_type: rest.sim_type,
        input_type: rest.input_type,
        job_state: rest.job_state,
        ntasks: rest.ntasks,
        created_at: created_at.toISOString(),
        start_time: start_time?.toISOString() ?? null,
        end_time: end_time?.toISOString() ?? null,
      })),
      next_cursor,
    };
  }
}

import { ApiProperty } from '@nestjs/swagger';
import { paged } from '../../http/paged-query.js';
import { JOB_STATES, type JobState } from '../../simulations/domain/job-state.js';
import type { FoundSimulation } from '../find-simulations.js';

/** A simulation in the list of all. */
export class AdminSimulation {
  @ApiProperty({ example: 'demo' })
  job_id!: string;

  @ApiProperty({ type: 'integer', example: 1 })
  sim_id!: number;

  @ApiProperty({ example: 'Proton pencil beam in water' })
  title!: string;

  @ApiProperty({ type: 'integer', example: 2, description: "The owner's number" })
  user_id!: number;

  @ApiProperty({ example: 'demo', description: 'The owner' })
  username!: string;

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

  @ApiProperty({
    type: 'integer',
    example: 81_920,
    description: 'Results, logs and input, compressed as they are stored',
  })
  stored_bytes!: number;
}

/** The answer of GET /admin/simulations. */
export class AdminSimulationsAnswer {
  @ApiProperty({ example: 'Simulations' })
  message!: string;

  @ApiProperty({ type: [AdminSimulation] })
  simulations!: AdminSimulation[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Pass it as `cursor`; null at the end' })
  next_cursor!: string | null;

  /** @param read one more than `limit` where there are more */
  static of(read: readonly FoundSimulation[], limit: number): AdminSimulationsAnswer {
    const { shown, next_cursor } = paged(read, limit, ({ id }) => String(id));
    return { message: 'Simulations', simulations: shown.map((found) => simulationOf(found)), next_cursor };
  }
}

/** A simulation as it is shown. */
export function simulationOf(found: FoundSimulation): Pick<AdminSimulation, keyof AdminSimulation> {
  return {
    job_id: found.job_id,
    sim_id: found.id,
    title: found.title,
    user_id: found.user_id,
    username: found.username,
    sim_type: found.sim_type,
    input_type: found.input_type,
    job_state: found.job_state,
    ntasks: found.ntasks,
    created_at: found.created_at.toISOString(),
    start_time: found.start_time?.toISOString() ?? null,
    end_time: found.end_time?.toISOString() ?? null,
    stored_bytes: Number(found.stored_bytes),
  };
}

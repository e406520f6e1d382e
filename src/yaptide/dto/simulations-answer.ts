import { ApiProperty } from '@nestjs/swagger';
import type { ListedSimulation, ListPage } from '../../simulations/domain/listed-simulation.js';
import { inputTypeName } from '../domain/input-type.js';
import { platformOf } from '../domain/platform.js';

class SimulationMetadata {
  @ApiProperty({ enum: ['DIRECT', 'BATCH'] })
  platform!: string;

  @ApiProperty({ example: 'Yaptide' })
  server!: string;

  @ApiProperty({ enum: ['EDITOR', 'FILES'] })
  input_type!: string;

  @ApiProperty({ example: 'shieldhit' })
  sim_type!: string;
}

class SimulationAnswer {
  @ApiProperty({ example: 'demo' })
  job_id!: string;

  @ApiProperty({ example: 'Proton pencil beam in water' })
  title!: string;

  @ApiProperty({ description: 'When it was submitted', example: 'Thu, 15 Jun 2023 13:47:23 GMT' })
  start_time!: string;

  @ApiProperty({ type: String, nullable: true, example: 'Thu, 15 Jun 2023 13:52:07 GMT' })
  end_time!: string | null;

  @ApiProperty()
  metadata!: SimulationMetadata;

  static of({ job_id, title, created_at, end_time, ...rest }: ListedSimulation): SimulationAnswer {
    return {
      job_id,
      title,
      start_time: created_at.toUTCString(),
      end_time: end_time?.toUTCString() ?? null,
      metadata: {
        platform: platformOf(rest),
        server: 'Yaptide',
        input_type: inputTypeName(rest.input_type),
        sim_type: rest.sim_type,
      },
    };
  }
}

/** The answer of GET /yaptide/user/simulations. */
export class SimulationsAnswer {
  @ApiProperty({ example: 'User simulations' })
  message!: string;

  @ApiProperty({ type: 'integer', example: 1 })
  page_count!: number;

  @ApiProperty({ type: 'integer', example: 1, description: 'On all pages' })
  simulations_count!: number;

  @ApiProperty({ type: [SimulationAnswer] })
  simulations!: SimulationAnswer[];

  static of({ total, listed }: ListPage, pageSize: number): SimulationsAnswer {
    return {
      message: 'User simulations',
      page_count: Math.ceil(total / pageSize),
      simulations_count: total,
      simulations: listed.map((simulation) => SimulationAnswer.of(simulation)),
    };
  }
}

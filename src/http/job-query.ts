import { ApiProperty } from '@nestjs/swagger';
import { IsNotEmpty, IsString } from 'class-validator';

/** The job that a request is about. */
export class JobQuery {
  @ApiProperty({ description: 'Simulation job ID', example: 'demo' })
  @IsString({ message: 'must be a string' })
  @IsNotEmpty({ message: 'must not be empty' })
  job_id: string = undefined as unknown as string;
}

import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Matches, Max, Min } from 'class-validator';
import { JOB_ID } from '../../ingest/worker-envelope.js';
import { IsPlainText } from '../../validation/is-plain-text.decorator.js';

const UPDATE_KEY_RULE = 'must be 32 to 128 characters of A-Z a-z 0-9 - _';
const JOB_ID_RULE = 'must be 1 to 128 characters of A-Z a-z 0-9 . _ : -';

/** The body of POST /simulations. */
export class Submission {
  static readonly shape = {
    object: {
      title: 'value',
      sim_type: 'value',
      input_type: 'value',
      input: 'raw',
      ntasks: 'value',
      job_id: 'value',
      update_key: 'value',
    },
  } as const;

  @ApiProperty({ example: 'Proton pencil beam in water', maxLength: 1024 })
  @IsPlainText(0, 1_024)
  title!: string;

  @ApiProperty({ example: 'shieldhit', description: 'The simulator: shieldhit, fluka, geant4, topas, …' })
  @Matches(/^[A-Za-z0-9._-]{1,64}$/, { message: 'must be 1 to 64 characters of A-Z a-z 0-9 . _ -' })
  @IsString({ message: 'must be a string' })
  sim_type!: string;

  @ApiProperty({ enum: ['editor', 'files'] })
  @IsIn(['editor', 'files'], { message: 'must be editor or files' })
  input_type!: 'editor' | 'files';

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'A project of the editor, or the texts of input files by name',
    example: { 'beam.dat': 'JPART0  2\nTMAX0  150.0 1.5\n', 'geo.dat': '…', 'mat.dat': '…', 'detect.dat': '…' },
  })
  input!: Buffer;

  @ApiProperty({ type: 'integer', minimum: 1, maximum: 10_000, example: 4 })
  @Max(10_000, { message: 'must be an integer from 1 to 10000' })
  @Min(1, { message: 'must be an integer from 1 to 10000' })
  @IsInt({ message: 'must be an integer from 1 to 10000' })
  ntasks!: number;

  @ApiPropertyOptional({ type: String, description: 'Made by the server where it is left out' })
  @IsOptional()
  @Matches(JOB_ID, { message: JOB_ID_RULE })
  @IsString({ message: JOB_ID_RULE })
  job_id?: string | null;

  @ApiPropertyOptional({
    type: String,
    description: 'At least 128 random bits; made by the server where it is left out',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9_-]{32,128}$/, { message: UPDATE_KEY_RULE })
  @IsString({ message: UPDATE_KEY_RULE })
  update_key?: string | null;
}

/** The answer of POST /simulations. */
export class SubmissionAnswer {
  @ApiProperty({ example: 'Simulation submitted' })
  message!: string;

  @ApiProperty({ example: '5b0e0e6e-3c0f-4f5f-9f0e-0e6e3c0f4f5f' })
  job_id!: string;

  @ApiProperty({ type: 'integer', example: 42, description: "The same simulation's number" })
  sim_id!: number;

  @ApiProperty({
    description: 'Shown once; workers write with it',
    example: 'vN0kq0H2Zx7mVfF3p0yS3m9JqS1Yh9oYb8k2d1nQwXo',
  })
  update_key!: string;
}

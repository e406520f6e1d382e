import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { PagedQuery } from '../../http/paged-query.js';
import { readChoices } from '../../http/query-choices.js';
import { JOB_STATES } from '../../simulations/domain/job-state.js';
import { IsPlainText } from '../../validation/is-plain-text.decorator.js';
import type { SimulationsRequest } from '../find-simulations.js';

/** Which simulations of all users. */
export class AdminSimulationsQuery extends PagedQuery {
  @ApiPropertyOptional({ type: String, description: "The owner's user name, exactly" })
  @IsOptional()
  @IsPlainText(1, 64)
  username: string | undefined = undefined;

  @ApiPropertyOptional({
    type: String,
    description: `Comma-separated, e.g. RUNNING,PENDING; of ${JOB_STATES.join(', ')}`,
  })
  @IsOptional()
  @IsString({ message: 'must be a comma-separated list of job states' })
  job_state: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'The simulator, exactly: shieldhit, fluka, geant4, topas, …' })
  @IsOptional()
  @IsPlainText(1, 64)
  sim_type: string | undefined = undefined;

  @ApiPropertyOptional({ enum: ['editor', 'files'] })
  @IsOptional()
  @IsIn(['editor', 'files'], { message: 'must be editor or files' })
  input_type: 'editor' | 'files' | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'A part of the title; upper and lower case are the same' })
  @IsOptional()
  @IsPlainText(1, 1_024)
  title: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'A part of the job_id; upper and lower case are the same' })
  @IsOptional()
  @IsPlainText(1, 128)
  job_id: string | undefined = undefined;

  /** What it asks for. Throws `invalid`. */
  request(): SimulationsRequest {
    return {
      limit: this.readLimit(),
      before: this.readCursor(),
      username: this.username,
      states: readChoices('job_state', this.job_state, JOB_STATES),
      simType: this.sim_type,
      inputType: this.input_type,
      title: this.title,
      jobId: this.job_id,
    };
  }
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { PagedQuery } from '../../http/paged-query.js';
import { readChoices } from '../../http/query-choices.js';
import { JOB_STATES } from '../domain/job-state.js';
import type { ListRequest } from '../list-simulations.js';

/** Which of one's simulations. */
export class ListQuery extends PagedQuery {
  @ApiPropertyOptional({ description: `Comma-separated, e.g. RUNNING,PENDING; of ${JOB_STATES.join(', ')}` })
  @IsOptional()
  @IsString({ message: 'must be a comma-separated list of job states' })
  job_state: string | undefined = undefined;

  /** What it asks for, of one owner. Throws `invalid`. */
  request(ownerId: number): ListRequest {
    const states = readChoices('job_state', this.job_state, JOB_STATES);
    return { ownerId, limit: this.readLimit(), before: this.readCursor(), states };
  }
}

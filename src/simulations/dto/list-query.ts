import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { invalid } from '../../errors/app-error.js';
import { JOB_STATES, type JobState, type ListRequest } from '../list-simulations.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Which of one's simulations. */
export class ListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @IsOptional()
  @IsString({ message: `must be an integer from 1 to ${MAX_LIMIT}` })
  limit: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'The `next_cursor` of the answer before' })
  @IsOptional()
  @IsString({ message: 'must be the next_cursor of an earlier answer' })
  cursor: string | undefined = undefined;

  @ApiPropertyOptional({ description: `Comma-separated, e.g. RUNNING,PENDING; of ${JOB_STATES.join(', ')}` })
  @IsOptional()
  @IsString({ message: 'must be a comma-separated list of job states' })
  job_state: string | undefined = undefined;

  /** What it asks for, of one owner. Throws `invalid`. */
  request(ownerId: number): ListRequest {
    return { ownerId, limit: this.readLimit(), before: this.readCursor(), states: this.readStates() };
  }

  private readLimit(): number {
    if (this.limit === undefined) return DEFAULT_LIMIT;
    const limit = /^\d{1,4}$/.test(this.limit) ? Number(this.limit) : 0;
    if (limit < 1 || limit > MAX_LIMIT) throw invalid('limit', `must be an integer from 1 to ${MAX_LIMIT}`);
    return limit;
  }

  private readCursor(): number | undefined {
    if (this.cursor === undefined) return undefined;
    const cursor = /^\d{1,10}$/.test(this.cursor) ? Number(this.cursor) : 0;
    if (cursor < 1 || cursor > 2_147_483_647) throw invalid('cursor', 'must be the next_cursor of an earlier answer');
    return cursor;
  }

  private readStates(): JobState[] | undefined {
    return this.job_state?.split(',').map((name) => {
      const state = JOB_STATES.find((one) => one === name);
      if (state === undefined)
        throw invalid('job_state', `${JSON.stringify(name.slice(0, 40))} is not one of ${JOB_STATES.join(', ')}`);
      return state;
    });
  }
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { invalid } from '../../errors/app-error.js';
import { readChoices } from '../../http/query-choices.js';
import { JOB_STATES } from '../../simulations/domain/job-state.js';
import type { ListPageRequest } from '../../simulations/domain/listed-simulation.js';

const ORDERS = { start_time: 'created_at', end_time: 'end_time' } as const;
const ORDER_NAMES = Object.keys(ORDERS);
const DIRECTIONS = ['ascend', 'descend'];
const MAX_PAGE_SIZE = 1_000;
const MAX_PAGE = 2_147_483_647;

/** Which page of one's simulations. */
export class SimulationsQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, default: 1 })
  @IsOptional()
  @IsString({ message: 'must be a number' })
  page_idx: string | undefined = undefined;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_PAGE_SIZE, default: 6 })
  @IsOptional()
  @IsString({ message: 'must be a number' })
  page_size: string | undefined = undefined;

  @ApiPropertyOptional({ enum: ORDER_NAMES, default: 'start_time', description: '`start_time` is the submission' })
  @IsOptional()
  @IsIn(ORDER_NAMES, { message: `must be one of ${ORDER_NAMES.join(', ')}` })
  order_by: keyof typeof ORDERS | undefined = undefined;

  @ApiPropertyOptional({ enum: DIRECTIONS, default: 'descend' })
  @IsOptional()
  @IsIn(DIRECTIONS, { message: `must be one of ${DIRECTIONS.join(', ')}` })
  order_type: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: `Comma-separated, of ${JOB_STATES.join(', ')}; all if empty` })
  @IsOptional()
  @IsString({ message: 'must be a comma-separated list of job states' })
  job_state: string | undefined = undefined;

  /** What it asks for, of one owner. Throws `invalid`. */
  request(ownerId: number): ListPageRequest {
    return {
      ownerId,
      page: readNumber('page_idx', this.page_idx, 1, MAX_PAGE),
      pageSize: readNumber('page_size', this.page_size, 6, MAX_PAGE_SIZE),
      orderBy: ORDERS[this.order_by ?? 'start_time'],
      descending: this.order_type !== 'ascend',
      states: this.job_state === '' ? undefined : readChoices('job_state', this.job_state, JOB_STATES),
    };
  }
}

function readNumber(field: string, text: string | undefined, otherwise: number, max: number): number {
  if (text === undefined) return otherwise;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > max) throw invalid(field, `must be an integer from 1 to ${max}`);
  return number;
}

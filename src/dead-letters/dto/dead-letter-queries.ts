import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { invalid } from '../../errors/app-error.js';
import { PagedQuery } from '../../http/paged-query.js';
import { readTime, TIME_FORM } from '../../http/query-time.js';
import { IsPlainText } from '../../validation/is-plain-text.decorator.js';
import type { DeadLetterFilter } from '../find-dead-letters.js';

const STATES = ['waiting', 'replayed', 'all'] as const;
const MAX_NUMBERS = 1_000;

/** Which part of the list. */
export class DeadLettersPage extends PagedQuery {
  /** What it asks for. Throws `invalid`. */
  page(): { readonly limit: number; readonly before: number | undefined } {
    return { limit: this.readLimit(), before: this.readCursor(Number.MAX_SAFE_INTEGER) };
  }
}

/** Which dead letters. */
export class DeadLettersQuery {
  @ApiPropertyOptional({
    type: String,
    description: 'Comma-separated kinds of error, e.g. invalid,wrongKey,unknownSimulation,tooLarge,unexpected',
  })
  @IsOptional()
  @IsPlainText(1, 1_024)
  reason: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'Comma-separated, e.g. results.save,tasks.update' })
  @IsOptional()
  @IsPlainText(1, 1_024)
  routing_key: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'job_id or sim_id, as the body names it' })
  @IsOptional()
  @IsPlainText(1, 128)
  simulation_id: string | undefined = undefined;

  @ApiPropertyOptional({ enum: STATES, default: 'waiting', description: 'Those that were replayed, or not, or both' })
  @IsOptional()
  @IsIn(STATES, { message: `must be ${STATES.join(' or ')}` })
  state: (typeof STATES)[number] | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: `Last attempt from this moment on (${TIME_FORM})` })
  @IsOptional()
  @IsString({ message: 'must be a time' })
  since: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: `Last attempt before this moment (${TIME_FORM})` })
  @IsOptional()
  @IsString({ message: 'must be a time' })
  until: string | undefined = undefined;

  /** What it asks for. Throws `invalid`. */
  filter(): DeadLetterFilter {
    const { state = 'waiting' } = this;
    return {
      reasons: this.reason?.split(','),
      routingKeys: this.routing_key?.split(','),
      simulation: this.simulation_id,
      replayed: state === 'all' ? undefined : state === 'replayed',
      since: readTime('since', this.since),
      until: readTime('until', this.until),
    };
  }
}

/** Which dead letters something is to be done with: some by number, those that match, or all. */
export class DeadLetterSelection extends DeadLettersQuery {
  @ApiPropertyOptional({ type: String, description: `Comma-separated numbers, at most ${MAX_NUMBERS}, e.g. 17,18` })
  @IsOptional()
  @IsString({ message: 'must be a comma-separated list of numbers' })
  ids: string | undefined = undefined;

  @ApiPropertyOptional({
    enum: ['true'],
    description: 'Needed where nothing else is said, so that nobody does it by mistake',
  })
  @IsOptional()
  @IsIn(['true'], { message: 'must be true' })
  all: string | undefined = undefined;

  override filter(): DeadLetterFilter {
    const { reason, routing_key, simulation_id, since, until, ids } = this;
    const said = [reason, routing_key, simulation_id, since, until, ids].some((value) => value !== undefined);
    if (!said && this.all === undefined) throw invalid('all', 'must be true where there is neither ids nor a filter');
    return { ...super.filter(), ids: this.readIds() };
  }

  private readIds(): number[] | undefined {
    const numbers = this.ids?.split(',').map((text) => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : NaN));
    if (numbers?.some((number) => Number.isNaN(number)) === true || (numbers?.length ?? 0) > MAX_NUMBERS) {
      throw invalid('ids', `must be a comma-separated list of at most ${MAX_NUMBERS} positive integers`);
    }
    return numbers;
  }
}

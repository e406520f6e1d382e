import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { invalid } from '../errors/app-error.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const LIMIT_RULE = `must be an integer from 1 to ${MAX_LIMIT}`;
const CURSOR_RULE = 'must be the next_cursor of an earlier answer';

/** The part of a list that is asked for; lists add their filters. */
export class PagedQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })
  @IsOptional()
  @IsString({ message: LIMIT_RULE })
  limit: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'The `next_cursor` of the answer before' })
  @IsOptional()
  @IsString({ message: CURSOR_RULE })
  cursor: string | undefined = undefined;

  /** How many are wanted. Throws `invalid`. */
  protected readLimit(): number {
    if (this.limit === undefined) return DEFAULT_LIMIT;
    const limit = /^\d{1,4}$/.test(this.limit) ? Number(this.limit) : 0;
    if (limit < 1 || limit > MAX_LIMIT) throw invalid('limit', LIMIT_RULE);
    return limit;
  }

  /** A cursor that is a number from 1 to `max`: only rows with smaller ones are wanted. Throws `invalid`. */
  protected readCursor(max = 2_147_483_647): number | undefined {
    if (this.cursor === undefined) return undefined;
    const cursor = /^\d{1,16}$/.test(this.cursor) ? Number(this.cursor) : 0;
    if (cursor < 1 || cursor > max) throw this.wrongCursor();
    return cursor;
  }

  protected wrongCursor(): Error {
    return invalid('cursor', CURSOR_RULE);
  }
}

/** A part of a list as it was read, and the cursor of the part behind it. */
export interface Paged<T> {
  readonly shown: readonly T[];
  readonly next_cursor: string | null;
}

/** Cuts what was read to what was asked for. @param read one more than `limit` where there are more */
export function paged<T>(read: readonly T[], limit: number, cursorOf: (last: T) => string): Paged<T> {
  const shown = read.slice(0, limit);
  const last = shown.at(-1);
  return { shown, next_cursor: read.length > limit && last !== undefined ? cursorOf(last) : null };
}

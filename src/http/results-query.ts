import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { invalid } from '../errors/app-error.js';
import { JobQuery } from './job-query.js';
import { type PageRange, PageRangeError, parsePageNumber, parsePageNumbers } from '../results/domain/page-range.js';

/** Which results. */
export class ResultsQuery extends JobQuery {
  @ApiPropertyOptional({ type: String, description: 'Filter by specific estimator name', example: 'depth_dose_' })
  @IsOptional()
  @IsString({ message: 'must be a string' })
  @IsNotEmpty({ message: 'must not be empty' })
  estimator_name: string | undefined = undefined;

  @ApiPropertyOptional({ description: 'Single page number', type: 'integer' })
  @IsOptional()
  @IsString({ message: 'must be a page number' })
  page_number: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'Page range, e.g. "1-3,5"' })
  @IsOptional()
  @IsString({ message: 'must be page numbers and ranges such as 1-3,5' })
  page_numbers: string | undefined = undefined;

  /** The selection that the parameters name. Throws `invalid`. */
  selection(): { estimatorName: string | undefined; pages: PageRange[] | undefined } {
    return { estimatorName: this.estimator_name, pages: this.pages() };
  }

  private pages(): PageRange[] | undefined {
    const { page_number: one, page_numbers: several } = this;
    if (one !== undefined && several !== undefined)
      throw invalid('page_number', 'cannot be combined with page_numbers');
    if (one !== undefined) return named('page_number', () => [parsePageNumber(one)]);
    return several === undefined ? undefined : named('page_numbers', () => parsePageNumbers(several));
  }
}

function named<T>(field: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw error instanceof PageRangeError ? invalid(field, error.message) : error;
  }
}

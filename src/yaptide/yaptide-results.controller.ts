import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerConditionally, answerSpliced } from '../http/conditional-answer.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JobQuery } from '../http/job-query.js';
import { ResultsQuery } from '../http/results-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import { ResultsService } from '../results/results.service.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { resultsForm } from './domain/results-form.js';
import { ESTIMATORS_EXAMPLE, RESULTS_EXAMPLES } from './dto/results-examples.js';
import { DIALECT_ESTIMATORS } from './estimator-list-members.js';

@ApiTags(DIALECT_TAG)
@Controller(DIALECT_PREFIX)
export class YaptideResultsController {
  constructor(
    private readonly results: ResultsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  @Get('results')
  @ApiOperation({
    summary: 'Results of a simulation, in one of four forms',
    description:
      'Pages are in the shape that Python workers send, whichever way they were sent. With `estimator_name` the answer is ' +
      'that estimator, or the page or pages of it that `page_number` or `page_numbers` name; without, the page filters ' +
      'apply to every estimator.',
  })
  @ApiResponse({ status: 200, content: { 'application/json': { examples: RESULTS_EXAMPLES } } })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404, [
    413,
    'results: these pages have more than 16777216 bytes of text beside values and axes; …',
  ])
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(ResultsQuery) query: ResultsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = this.results.readFull(user, query.job_id, query.selection(), resultsForm(query));
    await answerSpliced(request, reply, resource, this.payloads);
  }

  @Get('estimators')
  @ApiOperation({ summary: 'Names of estimators and pages, without the arrays' })
  @ApiResponse({ status: 200, schema: { example: ESTIMATORS_EXAMPLE } })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async estimators(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerConditionally(request, reply, this.results.listEstimators(user, query.job_id, DIALECT_ESTIMATORS));
  }
}

import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { Public } from '../auth/public.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { StreamedBody } from '../http/body-source.js';
import { answerConditionally, answerSpliced } from '../http/conditional-answer.js';
import { JobQuery } from '../http/job-query.js';
import { ResultsQuery } from '../http/results-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { EstimatorsAnswer, ResultsAnswer } from './dto/results-answer.js';
import { RESULTS_EXAMPLES, ResultsBody } from './dto/results-body.js';

import { ResultsService } from './results.service.js';

@ApiTags('Results')
@Controller()
export class ResultsController {
  constructor(
    private readonly results: ResultsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  @Get('results')
  @ApiOperation({
    summary: 'Results of a simulation',
    description:
      'Estimators in the order in which they were first stored, pages by ascending number. The filters combine; the page ' +
      'filters apply to every estimator. Answers carry a strong ETag; `If-None-Match` gives `304` while nothing changed.',
  })
  @ApiResponse({ status: 200, type: ResultsAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(ResultsQuery) query: ResultsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const resource = this.results.read(user, query.job_id, query.selection());
    await answerSpliced(request, reply, resource, this.payloads);
  }

  @Get('estimators')
  @ApiOperation({
    summary: 'Names of estimators and pages, without the arrays',
    description: 'Use it to build a selector before fetching data.',
  })
  @ApiResponse({ status: 200, type: EstimatorsAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async estimators(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerConditionally(request, reply, this.results.listEstimators(user, query.job_id));
  }

  @Public()
  @Post('results')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Save results (workers)',
    description:
      'Both page shapes may be mixed. The same page again replaces it; `revision` orders versions, `partial` stores without ' +
      'ending the simulation, `pages_total` makes a final body wait for the others. Put `simulation_id` and `update_key` ' +
      'first: a body over 16 MiB is refused otherwise. All of a body is stored, or nothing.',
  })
  @ApiHeader({ name: 'X-Update-Key', required: false, description: 'May stand for `update_key` in the body' })
  @ApiBody({ type: ResultsBody, examples: RESULTS_EXAMPLES })
  @ApiResponse({ status: 202, schema: { example: { message: 'Results saved' } } })
  @ApiErrors(400, 403, 413, 415, 429)
  async save(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.results.save(body);
    return { message: 'Results saved' };
  }
}

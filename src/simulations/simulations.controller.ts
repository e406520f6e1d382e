import { Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { JobQuery } from '../http/job-query.js';
import { JsonBody } from '../http/json-body.decorator.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { ListAnswer } from './dto/list-answer.js';
import { ListQuery } from './dto/list-query.js';
import { Submission, SubmissionAnswer } from './dto/submission.js';
import type { Viewer } from './simulation-access.service.js';
import { SimulationsService } from './simulations.service.js';

/** Inflated bytes of a submission. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

@ApiTags('Simulations')
@Controller('simulations')
export class SimulationsController {
  constructor(private readonly simulations: SimulationsService) {}

  @Post()
  @ApiOperation({
    summary: 'Submit a simulation',
    description:
      'The same request again, `job_id` and `update_key` included, answers the same; the update key is shown only here.',
  })
  @ApiBody({ type: Submission })
  @ApiResponse({ status: 201, type: SubmissionAnswer })
  @ApiErrors(400, 401, 403, 409, 413, 415)
  async submit(
    @CurrentUser() user: Viewer,
    @JsonBody(Submission, MAX_INPUT_BYTES) submission: Submission,
  ): Promise<SubmissionAnswer> {
    const { jobId, simId, updateKey } = await this.simulations.submit(user.id, submission);
    return { message: 'Simulation submitted', job_id: jobId, sim_id: simId, update_key: updateKey };
  }

  @Get()
  @ApiOperation({ summary: "List one's simulations, newest first" })
  @ApiResponse({ status: 200, type: ListAnswer })
  @ApiErrors(400, 401)
  async list(
    @CurrentUser() user: Viewer,
    @ValidQuery(ListQuery) query: ListQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.simulations.list(query.request(user.id)));
  }

  @Delete()
  @ApiOperation({
    summary: 'Delete a simulation and all of it',
    description: 'Later writes of its workers are answered 403; its job_id is not given out again.',
  })
  @ApiResponse({ status: 200, schema: { example: { message: 'Simulation deleted' } } })
  @ApiErrors(400, 401, 403, 404)
  async delete(@CurrentUser() user: Viewer, @ValidQuery(JobQuery) query: JobQuery): Promise<{ message: string }> {
    await this.simulations.delete(user, query.job_id);
    return { message: 'Simulation deleted' };
  }

  @Post('cancel')
  @HttpCode(202)
  @ApiOperation({ summary: 'Ask for the end of a simulation' })
  @ApiResponse({ status: 202, schema: { example: { message: 'Cancellation requested' } } })
  @ApiErrors(400, 401, 403, 404)
  async cancel(@CurrentUser() user: Viewer, @ValidQuery(JobQuery) query: JobQuery): Promise<{ message: string }> {
    await this.simulations.cancel(user, query.job_id);
    return { message: 'Cancellation requested' };
  }

  @Post('update-key')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Make a new update key',
    description: 'The old one ends; workers that still use it are answered 403.',
  })
  @ApiResponse({
    status: 200,
    schema: { example: { message: 'New update key', update_key: 'vN0kq0H2Zx7mVfF3p0yS3m9JqS1Yh9oYb8k2d1nQwXo' } },
  })
  @ApiErrors(400, 401, 403, 404)
  async renewUpdateKey(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
  ): Promise<{ message: string; update_key: string }> {
    return { message: 'New update key', update_key: await this.simulations.renewUpdateKey(user, query.job_id) };
  }
}

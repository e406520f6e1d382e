import { applyDecorators, Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerConditionally } from '../http/conditional-answer.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JobQuery } from '../http/job-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import type { JobProgress } from '../tasks/domain/job-progress.js';
import { TasksService } from '../tasks/tasks.service.js';
import { JobsAnswer } from './dto/jobs-answer.js';

const SHAPE = { name: 'job status', answer: (progress: JobProgress) => JobsAnswer.of(progress) };

/** A path at which the state of a job is read: which of them a client asks does not matter. */
function JobStatus(path = ''): MethodDecorator {
  return applyDecorators(
    Get(path),
    ApiOperation({
      summary: 'State of a job, and of its tasks',
      description: 'Times and estimates that are unknown are left out.',
    }),
    ApiResponse({ status: 200, type: JobsAnswer }),
    ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' }),
    ApiErrors(400, 401, 404),
  );
}

@ApiTags(DIALECT_TAG)
@Controller(`${DIALECT_PREFIX}/jobs`)
export class YaptideJobsController {
  constructor(private readonly tasks: TasksService) {}

  @JobStatus()
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerConditionally(request, reply, this.tasks.readAs(user, query.job_id, SHAPE));
  }

  @JobStatus('direct')
  async readDirect(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.read(user, query, request, reply);
  }

  @JobStatus('batch')
  async readBatch(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.read(user, query, request, reply);
  }
}

import { applyDecorators, Controller, Delete, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JobQuery } from '../http/job-query.js';
import { JsonBody } from '../http/json-body.decorator.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { hasEnded, type JobState } from '../simulations/domain/job-state.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { type Submitted, SimulationsService } from '../simulations/simulations.service.js';
import { JobSubmission, JobSubmissionAnswer } from './dto/job-submission.js';

/** Inflated bytes of a submission, as at root. */
const MAX_INPUT_BYTES = 16 * 1024 * 1024;

/** A path at which a job is submitted. */
function Submit(path: string, whom: string): MethodDecorator {
  return applyDecorators(
    Post(path),
    HttpCode(202),
    ApiOperation({
      summary: `Submit a job that ${whom}`,
      description: 'One message a task is published to RabbitMQ (docs/amqp.md); without RabbitMQ it is answered `503`.',
    }),
    ApiBody({ type: JobSubmission }),
    ApiResponse({ status: 202, type: JobSubmissionAnswer }),
    ApiErrors(400, 401, 403, 413, 415),
  );
}

/** A path at which a job is cancelled: which of them a client asks does not matter. */
function Cancel(path = ''): MethodDecorator {
  return applyDecorators(
    Delete(path),
    ApiOperation({
      summary: 'Cancel a job',
      description: 'Those who run its tasks are told. A job that has ended stays as it is, and the message says so.',
    }),
    ApiResponse({ status: 200, schema: { example: { message: 'Job canceled' } } }),
    ApiErrors(400, 401, 403, 404),
  );
}

@ApiTags(DIALECT_TAG)
@Controller(`${DIALECT_PREFIX}/jobs`)
export class YaptideSubmissionController {
  constructor(private readonly simulations: SimulationsService) {}

  @Submit('direct', 'workers run at once')
  async submitDirect(
    @CurrentUser() user: Viewer,
    @JsonBody(JobSubmission, MAX_INPUT_BYTES) body: JobSubmission,
  ): Promise<JobSubmissionAnswer> {
    return submitted(await this.simulations.submit(user.id, body.submission(), body.dispatch('DIRECT')));
  }

  @Submit('batch', 'runs in a batch system')
  async submitBatch(
    @CurrentUser() user: Viewer,
    @JsonBody(JobSubmission, MAX_INPUT_BYTES) body: JobSubmission,
  ): Promise<JobSubmissionAnswer> {
    return submitted(await this.simulations.submit(user.id, body.submission(), body.dispatch('BATCH')));
  }

  @Cancel()
  async cancel(@CurrentUser() user: Viewer, @ValidQuery(JobQuery) query: JobQuery): Promise<{ message: string }> {
    return canceled(await this.simulations.cancelUnlessEnded(user, query.job_id));
  }

  @Cancel('direct')
  async cancelDirect(@CurrentUser() user: Viewer, @ValidQuery(JobQuery) query: JobQuery): Promise<{ message: string }> {
    return this.cancel(user, query);
  }

  @Cancel('batch')
  async cancelBatch(@CurrentUser() user: Viewer, @ValidQuery(JobQuery) query: JobQuery): Promise<{ message: string }> {
    return this.cancel(user, query);
  }
}

function submitted({ jobId }: Submitted): JobSubmissionAnswer {
  return { message: 'Job submitted', job_id: jobId };
}

function canceled(stateBefore: JobState): { message: string } {
  return { message: hasEnded(stateBefore) ? `The job has ended already: ${stateBefore}` : 'Job canceled' };
}

import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { StreamedBody } from '../http/body-source.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { JobReportBody } from './dto/task-bodies.js';
import { JobsService } from './jobs.service.js';

@ApiTags('Tasks')
@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: JobsService) {}

  @Public()
  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Report the state of a whole job (workers)',
    description: 'The highest state reported stays: RUNNING < MERGING_QUEUED < MERGING_RUNNING < FAILED < CANCELED.',
  })
  @ApiHeader({ name: 'X-Update-Key', required: false, description: 'May stand for `update_key` in the body' })
  @ApiBody({ type: JobReportBody })
  @ApiResponse({ status: 202, schema: { example: { message: 'Task updated' } } })
  @ApiErrors(400, 403, 413, 415, 429)
  async report(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.jobs.report(body);
    return { message: 'Task updated' };
  }
}

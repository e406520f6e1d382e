import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { Public } from '../auth/public.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { StreamedBody } from '../http/body-source.js';
import { answerSpliced } from '../http/conditional-answer.js';
import { JobQuery } from '../http/job-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { LogfilesAnswer, LogfilesBody } from './dto/logfiles.js';
import { LogsService } from './logs.service.js';

@ApiTags('Logs')
@Controller('logfiles')
export class LogsController {
  constructor(
    private readonly logs: LogsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  @Get()
  @ApiOperation({
    summary: "Log files of a simulation: the simulator's own output and errors",
    description: 'Texts by name, names in byte order.',
  })
  @ApiResponse({ status: 200, type: LogfilesAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerSpliced(request, reply, this.logs.read(user, query.job_id), this.payloads);
  }

  @Public()
  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Save log files (workers)',
    description: 'The same name again replaces the text. With `task_id` the files are kept under `task_<id>/`.',
  })
  @ApiHeader({ name: 'X-Update-Key', required: false, description: 'May stand for `update_key` in the body' })
  @ApiBody({ type: LogfilesBody })
  @ApiResponse({ status: 202, schema: { example: { message: 'Log files saved' } } })
  @ApiErrors(400, 403, 413, 415, 429)
  async save(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.logs.save(body);
    return { message: 'Log files saved' };
  }
}

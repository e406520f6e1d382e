import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JobQuery } from '../http/job-query.js';
import { answerRewritten } from '../http/rewritten-answer.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { LogsService } from '../logs/logs.service.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { HtmlSafeJson } from './domain/html-safe-json.js';

/** That UI writes names and texts into a page as they come, so that markup in them would run. */
const HTML_SAFE = { name: 'HTML-safe', begin: () => new HtmlSafeJson() };
const EXAMPLE = { message: 'Logfiles', logfiles: { 'task_1/stdout': 'energy &lt; 150 MeV\n' } };

@ApiTags(DIALECT_TAG)
@Controller(`${DIALECT_PREFIX}/logfiles`)
export class YaptideLogfilesController {
  constructor(
    private readonly logs: LogsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Log files of a simulation, safe to be written into a page',
    description:
      '`&`, `<` and `>` in names and texts come as HTML character references. `GET /logfiles` has them as they are.',
  })
  @ApiResponse({ status: 200, schema: { example: EXAMPLE } })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerRewritten(request, reply, this.logs.read(user, query.job_id), this.payloads, HTML_SAFE);
  }
}

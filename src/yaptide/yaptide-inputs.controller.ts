import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerSpliced } from '../http/conditional-answer.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JobQuery } from '../http/job-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { InputsService } from '../inputs/inputs.service.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { INPUT_EXAMPLES } from './dto/input-examples.js';
import { DIALECT_INPUTS } from './inputs-answer.js';

@ApiTags(DIALECT_TAG)
@Controller(`${DIALECT_PREFIX}/inputs`)
export class YaptideInputsController {
  constructor(
    private readonly inputs: InputsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The input that a simulation was submitted with',
    description: '`number_of_all_primaries` is left out where the input does not tell.',
  })
  @ApiResponse({ status: 200, content: { 'application/json': { examples: INPUT_EXAMPLES } } })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerSpliced(request, reply, this.inputs.read(user, query.job_id, DIALECT_INPUTS), this.payloads);
  }
}

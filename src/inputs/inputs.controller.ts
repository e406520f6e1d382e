import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerSpliced } from '../http/conditional-answer.js';
import { JobQuery } from '../http/job-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { INPUTS_EXAMPLES, InputsAnswer } from './dto/inputs-answer.js';
import { InputsService } from './inputs.service.js';

@ApiTags('Inputs')
@Controller('inputs')
export class InputsController {
  constructor(
    private readonly inputs: InputsService,
    private readonly payloads: PayloadReaderService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'The input that a simulation was submitted with',
    description: 'Its format depends on `input_type`.',
  })
  @ApiResponse({ status: 200, type: InputsAnswer, examples: INPUTS_EXAMPLES })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerSpliced(request, reply, this.inputs.read(user, query.job_id), this.payloads);
  }
}

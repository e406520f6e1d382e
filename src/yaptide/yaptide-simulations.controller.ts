import { Controller, Delete, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import { JobQuery } from '../http/job-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { SimulationsService } from '../simulations/simulations.service.js';
import { SimulationsAnswer } from './dto/simulations-answer.js';
import { SimulationsQuery } from './dto/simulations-query.js';

@ApiTags(DIALECT_TAG)
@Controller(`${DIALECT_PREFIX}/user/simulations`)
export class YaptideSimulationsController {
  constructor(private readonly simulations: SimulationsService) {}

  @Get()
  @ApiOperation({
    summary: "List one's simulations, page by page",
    description: 'A page past the end is empty. By `end_time`, what has not ended comes as if it ended last.',
  })
  @ApiResponse({ status: 200, type: SimulationsAnswer })
  @ApiErrors(400, 401)
  async list(
    @CurrentUser() user: Viewer,
    @ValidQuery(SimulationsQuery) query: SimulationsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const asked = query.request(user.id);
    await answerByContent(request, reply, SimulationsAnswer.of(await this.simulations.listPage(asked), asked.pageSize));
  }

  @Delete()
  @ApiOperation({
    summary: 'Delete a simulation and all of it',
    description: '`403` until it has ended: cancel it first.',
  })
  @ApiResponse({ status: 200, schema: { example: { message: 'Simulation deleted' } } })
  @ApiErrors(400, 401, [403, 'The simulation is RUNNING: only one that has ended can be deleted, cancel it first'], 404)
  async delete(@CurrentUser() user: Viewer, @ValidQuery(JobQuery) query: JobQuery): Promise<{ message: string }> {
    await this.simulations.delete(user, query.job_id, 'ended');
    return { message: 'Simulation deleted' };
  }
}

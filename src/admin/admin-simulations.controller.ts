import { Controller, Delete, Get, Param, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { ADMINS_ONLY } from '../auth/admin.guard.js';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { SimulationsService } from '../simulations/simulations.service.js';
import { AdminSimulationsService } from './admin-simulations.service.js';
import { AdminSimulationAnswer } from './dto/simulation-answer.js';
import { AdminSimulationsAnswer } from './dto/simulations-answer.js';
import { AdminSimulationsQuery } from './dto/simulations-query.js';

const JOB = { name: 'job_id', description: 'Simulation job ID', example: 'demo' };
const FORBIDDEN = [403, ADMINS_ONLY] as const;

@ApiTags('Admin: simulations')
@AdminOnly()
@Controller('admin/simulations')
export class AdminSimulationsController {
  constructor(
    private readonly found: AdminSimulationsService,
    private readonly simulations: SimulationsService,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Simulations of all users, newest first',
    description:
      'What they hold is read by the ordinary endpoints (`GET /results`, `/estimators`, `/inputs`, `/logfiles`, `/tasks`), ' +
      'which serve any simulation to an admin; so do `POST /simulations/cancel` and `POST /simulations/update-key`.',
  })
  @ApiResponse({ status: 200, type: AdminSimulationsAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors([400, 'job_state: "DONE" is not one of PENDING, RUNNING, …'], 401, FORBIDDEN)
  async list(
    @ValidQuery(AdminSimulationsQuery) query: AdminSimulationsQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.found.list(query.request()));
  }

  @Get(':job_id')
  @ApiParam(JOB)
  @ApiOperation({
    summary: 'One simulation, and how much is stored of it',
    description: 'What it holds is read by the ordinary endpoints, which serve any simulation to an admin.',
  })
  @ApiResponse({ status: 200, type: AdminSimulationAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(401, FORBIDDEN, 404)
  async read(
    @Param('job_id') jobId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.found.read(jobId));
  }

  @Delete(':job_id')
  @ApiParam(JOB)
  @ApiOperation({
    summary: 'Delete a simulation and all of it',
    description:
      'Later writes of its workers are answered 403; its job_id is not given out again. Audit-logged where it is somebody ' +
      "else's; `DELETE /simulations` does the same.",
  })
  @ApiResponse({ status: 200, schema: { example: { message: 'Simulation deleted' } } })
  @ApiErrors(401, FORBIDDEN, 404)
  async delete(@CurrentUser() admin: Viewer, @Param('job_id') jobId: string): Promise<{ message: string }> {
    await this.simulations.delete(admin, jobId);
    return { message: 'Simulation deleted' };
  }
}

import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CurrentUser } from '../auth/current-user.decorator.js';
import { Public } from '../auth/public.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { StreamedBody } from '../http/body-source.js';
import { answerConditionally } from '../http/conditional-answer.js';
import { JobQuery } from '../http/job-query.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import type { Viewer } from '../simulations/simulation-access.service.js';
import { TaskBody, TaskListBody } from './dto/task-bodies.js';
import { TasksAnswer } from './dto/tasks-answer.js';
import { TasksService } from './tasks.service.js';

@ApiTags('Tasks')
@Controller('tasks')
export class TasksController {
  constructor(private readonly tasks: TasksService) {}

  @Get()
  @ApiOperation({ summary: 'Tasks of a simulation, and the state of the job' })
  @ApiResponse({ status: 200, type: TasksAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors(400, 401, 404)
  async read(
    @CurrentUser() user: Viewer,
    @ValidQuery(JobQuery) query: JobQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerConditionally(request, reply, this.tasks.read(user, query.job_id));
  }

  @Public()
  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Update a task (workers)',
    description:
      'A merge that does not depend on order or repetition: the highest state of PENDING < RUNNING < CANCELED < FAILED < ' +
      'COMPLETED stays, the largest numbers of primaries, the earliest start and the latest end.',
  })
  @ApiHeader({ name: 'X-Update-Key', required: false, description: 'May stand for `update_key` in the body' })
  @ApiBody({ type: TaskBody })
  @ApiResponse({ status: 202, schema: { example: { message: 'Task updated' } } })
  @ApiErrors(400, 403, 413, 415, 429)
  async update(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.tasks.update(body);
    return { message: 'Task updated' };
  }

  @Public()
  @Post('bulk')
  @HttpCode(202)
  @ApiOperation({ summary: 'Update many tasks at once (workers)', description: 'All of them in one transaction.' })
  @ApiHeader({ name: 'X-Update-Key', required: false, description: 'May stand for `update_key` in the body' })
  @ApiBody({ type: TaskListBody })
  @ApiResponse({ status: 202, schema: { example: { message: 'Tasks updated' } } })
  @ApiErrors(400, 403, 413, 415, 429)
  async updateBulk(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.tasks.updateBulk(body);
    return { message: 'Tasks updated' };
  }
}

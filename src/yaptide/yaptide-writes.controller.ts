import { applyDecorators, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/public.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { StreamedBody } from '../http/body-source.js';
import { DIALECT_PREFIX, DIALECT_TAG } from '../http/dialect.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { LogsService } from '../logs/logs.service.js';
import { ResultsService } from '../results/results.service.js';
import { JobsService } from '../tasks/jobs.service.js';
import { TasksService } from '../tasks/tasks.service.js';

@ApiTags(DIALECT_TAG)
@Public()
@Controller(DIALECT_PREFIX)
export class YaptideWritesController {
  constructor(
    private readonly results: ResultsService,
    private readonly logs: LogsService,
    private readonly tasks: TasksService,
    private readonly jobs: JobsService,
  ) {}

  @WorkerWrite('results', 'Results saved', {
    summary: 'Save results (workers)',
    description:
      'As POST /results, except that the estimators of an editor simulation are named after the outputs of its project: ' +
      '`dose_` becomes `dose`. Numbered files take the names by their places in alphabetical order.',
    body: 'ResultsBody',
  })
  async saveResults(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.results.save(body, 'by-outputs');
    return { message: 'Results saved' };
  }

  @WorkerWrite('logfiles', 'Log files saved', {
    summary: 'Save log files (workers)',
    description: 'As POST /logfiles.',
    body: 'LogfilesBody',
  })
  async saveLogs(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.logs.save(body);
    return { message: 'Log files saved' };
  }

  @WorkerWrite('tasks', 'Task updated', {
    summary: 'Update a task (workers)',
    description: 'As POST /tasks.',
    body: 'TaskBody',
  })
  async updateTask(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.tasks.update(body);
    return { message: 'Task updated' };
  }

  @WorkerWrite('tasks/bulk', 'Tasks updated', {
    summary: 'Update many tasks at once (workers)',
    description: 'As POST /tasks/bulk.',
    body: 'TaskListBody',
  })
  async updateTasks(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.tasks.updateBulk(body);
    return { message: 'Tasks updated' };
  }

  @WorkerWrite('jobs', 'Task updated', {
    summary: 'Report the state of a whole job (workers)',
    description: 'As POST /jobs.',
    body: 'JobReportBody',
  })
  async reportJob(@StreamedBody() body: WorkerBody): Promise<{ message: string }> {
    await this.jobs.report(body);
    return { message: 'Task updated' };
  }
}

/** A POST of workers, who show an update key: its path, its answer, and how it is documented. */
function WorkerWrite(
  path: string,
  message: string,
  { summary, description, body }: { readonly summary: string; readonly description: string; readonly body: string },
): MethodDecorator {
  return applyDecorators(
    Post(path),
    HttpCode(202),
    ApiOperation({ summary, description }),
    ApiHeader({ name: 'X-Update-Key', required: false, description: 'May stand for `update_key` in the body' }),
    ApiBody({ schema: { $ref: `#/components/schemas/${body}` } }),
    ApiResponse({ status: 202, schema: { example: { message } } }),
    ApiErrors(400, 403, 413, 415, 429),
  );
}

import { EventPattern, Payload } from '@nestjs/microservices';
import { AmqpConsumer } from '../amqp/amqp-consumer.decorator.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { JobsService } from './jobs.service.js';
import { TasksService } from './tasks.service.js';

@AmqpConsumer()
export class TasksConsumer {
  constructor(
    private readonly tasks: TasksService,
    private readonly jobs: JobsService,
  ) {}

  @EventPattern('tasks.update')
  async update(@Payload() body: WorkerBody): Promise<void> {
    await this.tasks.update(body);
  }

  @EventPattern('tasks.update-bulk')
  async updateBulk(@Payload() body: WorkerBody): Promise<void> {
    await this.tasks.updateBulk(body);
  }

  @EventPattern('jobs.update')
  async report(@Payload() body: WorkerBody): Promise<void> {
    await this.jobs.report(body);
  }
}

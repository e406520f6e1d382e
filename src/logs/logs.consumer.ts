import { EventPattern, Payload } from '@nestjs/microservices';
import { AmqpConsumer } from '../amqp/amqp-consumer.decorator.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { LogsService } from './logs.service.js';

@AmqpConsumer()
export class LogsConsumer {
  constructor(private readonly logs: LogsService) {}

  @EventPattern('logfiles.save')
  async save(@Payload() body: WorkerBody): Promise<void> {
    await this.logs.save(body);
  }
}

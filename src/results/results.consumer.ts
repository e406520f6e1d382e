import { EventPattern, Payload } from '@nestjs/microservices';
import { AmqpConsumer } from '../amqp/amqp-consumer.decorator.js';
import type { WorkerBody } from '../ingest/worker-body.js';
import { ResultsService } from './results.service.js';

@AmqpConsumer()
export class ResultsConsumer {
  constructor(private readonly results: ResultsService) {}

  @EventPattern('results.save')
  async save(@Payload() body: WorkerBody): Promise<void> {
    await this.results.save(body);
  }
}

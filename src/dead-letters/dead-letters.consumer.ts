import { EventPattern, Payload } from '@nestjs/microservices';
import { AmqpConsumer } from '../amqp/amqp-consumer.decorator.js';
import { DEAD_LETTER, type DeadLetterMessage } from '../amqp/dead-letter.js';
import { DeadLettersService } from './dead-letters.service.js';

@AmqpConsumer()
export class DeadLettersConsumer {
  constructor(private readonly deadLetters: DeadLettersService) {}

  @EventPattern(DEAD_LETTER)
  async store(@Payload() message: DeadLetterMessage): Promise<void> {
    await this.deadLetters.store(message);
  }
}

import { Module } from '@nestjs/common';
import { DeadLettersConsumer } from './dead-letters.consumer.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { DeadLettersService } from './dead-letters.service.js';

/** Owns the messages that could not succeed: their way into the database, and /admin/dead-letters. */
@Module({
  controllers: [DeadLettersController, DeadLettersConsumer],
  providers: [DeadLettersService],
})
export class DeadLettersModule {}

import { Module } from '@nestjs/common';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { LogsConsumer } from './logs.consumer.js';
import { LogsController } from './logs.controller.js';
import { LogsService } from './logs.service.js';

/** Owns log files: GET and POST /logfiles. */
@Module({
  imports: [SimulationsModule],
  controllers: [LogsController, LogsConsumer],
  providers: [LogsService],
  exports: [LogsService],
})
export class LogsModule {}

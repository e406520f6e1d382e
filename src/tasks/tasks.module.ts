import { Module } from '@nestjs/common';
import { LogsModule } from '../logs/logs.module.js';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';
import { TasksConsumer } from './tasks.consumer.js';
import { TasksController } from './tasks.controller.js';
import { TasksService } from './tasks.service.js';

/** Owns the states of tasks and jobs: GET and POST /tasks, POST /tasks/bulk, POST /jobs. */
@Module({
  imports: [SimulationsModule, LogsModule],
  controllers: [TasksController, JobsController, TasksConsumer],
  providers: [TasksService, JobsService],
  exports: [TasksService, JobsService],
})
export class TasksModule {}

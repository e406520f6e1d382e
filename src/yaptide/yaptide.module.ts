import { Module } from '@nestjs/common';
import { InputsModule } from '../inputs/inputs.module.js';
import { LogsModule } from '../logs/logs.module.js';
import { ResultsModule } from '../results/results.module.js';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { YaptideInputsController } from './yaptide-inputs.controller.js';
import { YaptideJobsController } from './yaptide-jobs.controller.js';
import { YaptideLogfilesController } from './yaptide-logfiles.controller.js';
import { YaptideResultsController } from './yaptide-results.controller.js';
import { YaptideSimulationsController } from './yaptide-simulations.controller.js';
import { YaptideSubmissionController } from './yaptide-submission.controller.js';
import { YaptideWritesController } from './yaptide-writes.controller.js';
import { YaptideController } from './yaptide.controller.js';

/**
 * Owns the platform's older dialect of the API, under /yaptide: other shapes around what the features answer and take in.
 * Its login is AuthModule's.
 */
@Module({
  imports: [SimulationsModule, ResultsModule, InputsModule, LogsModule, TasksModule],
  controllers: [
    YaptideController,
    YaptideSimulationsController,
    YaptideJobsController,
    YaptideSubmissionController,
    YaptideInputsController,
    YaptideResultsController,
    YaptideLogfilesController,
    YaptideWritesController,
  ],
})
export class YaptideModule {}

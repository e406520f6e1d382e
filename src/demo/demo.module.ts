import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { LogsModule } from '../logs/logs.module.js';
import { ResultsModule } from '../results/results.module.js';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { TasksModule } from '../tasks/tasks.module.js';
import { DemoSeedService } from './demo-seed.service.js';

/** Owns the demo user and the demo simulation that an empty house starts with. */
@Module({
  imports: [AuthModule, SimulationsModule, ResultsModule, LogsModule, TasksModule],
  providers: [DemoSeedService],
  exports: [DemoSeedService],
})
export class DemoModule {}

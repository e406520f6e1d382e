import { type DynamicModule, Module } from '@nestjs/common';
import { AppModule } from '../../src/app.module.js';
import type { ServiceConfig } from '../../src/config/config.module.js';
import { AuthModule } from '../../src/auth/auth.module.js';
import { SimulationsModule } from '../../src/simulations/simulations.module.js';
import { BenchPrisma } from './bench-prisma.js';
import { FloorController } from './floor.controller.js';
import { NaiveResultsController } from './naive-results.controller.js';
import { NaiveTasksController } from './naive-tasks.controller.js';
import { SmallAnswersController } from './small-answers.controller.js';
import { UpsertsController } from './upserts.controller.js';

/** The yardsticks, as routes of the service's own application: authentication, filters and log are the same. */
@Module({
  imports: [AuthModule, SimulationsModule],
  providers: [BenchPrisma],
  controllers: [
    SmallAnswersController,
    FloorController,
    NaiveResultsController,
    NaiveTasksController,
    UpsertsController,
  ],
})
export class BenchModule {
  static beside(config: ServiceConfig): DynamicModule {
    return { module: BenchModule, imports: [AppModule.with(config)] };
  }
}

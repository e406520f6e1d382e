import { Module } from '@nestjs/common';
import { InputsModule } from '../inputs/inputs.module.js';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { ResultsConsumer } from './results.consumer.js';
import { ResultsController } from './results.controller.js';
import { ResultsService } from './results.service.js';

/** Owns estimators, pages and their arrays: GET /results, GET /estimators, POST /results. */
@Module({
  imports: [SimulationsModule, InputsModule],
  controllers: [ResultsController, ResultsConsumer],
  providers: [ResultsService],
  exports: [ResultsService],
})
export class ResultsModule {}

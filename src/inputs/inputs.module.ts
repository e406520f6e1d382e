import { Module } from '@nestjs/common';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { InputsController } from './inputs.controller.js';
import { InputsService } from './inputs.service.js';
import { OutputNamesService } from './output-names.service.js';

/** Owns GET /inputs, and what the service itself reads of an input. */
@Module({
  imports: [SimulationsModule],
  controllers: [InputsController],
  providers: [InputsService, OutputNamesService],
  exports: [InputsService, OutputNamesService],
})
export class InputsModule {}

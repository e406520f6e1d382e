import { Module } from '@nestjs/common';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { InputsController } from './inputs.controller.js';
import { InputsService } from './inputs.service.js';

/** Owns GET /inputs. */
@Module({ imports: [SimulationsModule], controllers: [InputsController], providers: [InputsService] })
export class InputsModule {}

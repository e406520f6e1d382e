import { Module } from '@nestjs/common';
import { DispatchModule } from '../dispatch/dispatch.module.js';
import { PurgeService } from './purge.service.js';
import { SimulationAccessService } from './simulation-access.service.js';
import { SimulationsController } from './simulations.controller.js';
import { SimulationsService } from './simulations.service.js';
import { UpdateKeyService } from './update-key.service.js';

/** Owns simulations: who may see them, their update keys, submitting, listing, cancelling and deleting. */
@Module({
  imports: [DispatchModule],
  controllers: [SimulationsController],
  providers: [SimulationsService, SimulationAccessService, UpdateKeyService, PurgeService],
  exports: [SimulationsService, SimulationAccessService, UpdateKeyService],
})
export class SimulationsModule {}

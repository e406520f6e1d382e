import { Module } from '@nestjs/common';
import { AuthModule } from '../auth/auth.module.js';
import { SimulationsModule } from '../simulations/simulations.module.js';
import { AdminSimulationsController } from './admin-simulations.controller.js';
import { AdminSimulationsService } from './admin-simulations.service.js';
import { AdminStorageController } from './admin-storage.controller.js';
import { AdminStorageService } from './admin-storage.service.js';
import { AdminUsersController } from './admin-users.controller.js';
import { AdminUsersService } from './admin-users.service.js';

/** Owns what admins see and do beyond their own: users, simulations of all users, storage. */
@Module({
  imports: [AuthModule, SimulationsModule],
  controllers: [AdminUsersController, AdminSimulationsController, AdminStorageController],
  providers: [AdminUsersService, AdminSimulationsService, AdminStorageService],
})
export class AdminModule {}

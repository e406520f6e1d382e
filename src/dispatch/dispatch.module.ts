import { Module } from '@nestjs/common';
import { DispatchService } from './dispatch.service.js';
import { TaskRelay } from './task-relay.js';

/** Owns handing out the tasks of simulations over RabbitMQ: the outbox, and the relay that publishes it. */
@Module({ providers: [DispatchService, TaskRelay], exports: [DispatchService] })
export class DispatchModule {}

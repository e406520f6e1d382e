import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AdminModule } from './admin/admin.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AmqpModule } from './amqp/amqp.module.js';
import { AccessTokenGuard } from './auth/access-token.guard.js';
import { AuthModule } from './auth/auth.module.js';
import { OriginGuard } from './auth/origin.guard.js';
import { ConfigModule, type ServiceConfig } from './config/config.module.js';
import { DeadLettersModule } from './dead-letters/dead-letters.module.js';
import { DemoModule } from './demo/demo.module.js';
import { HealthModule } from './health/health.module.js';
import { ReadyGuard } from './health/ready.guard.js';
import { BodyAdmission } from './http/body-admission.js';
import { BodyGuard } from './http/body.guard.js';
import { ErrorFilter } from './http/error.filter.js';
import { InputsModule } from './inputs/inputs.module.js';
import { LogsModule } from './logs/logs.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PayloadModule } from './payload/payload.module.js';
import { PrismaModule } from './prisma/prisma.module.js';
import { ResultsModule } from './results/results.module.js';
import { SimulationsModule } from './simulations/simulations.module.js';
import { TasksModule } from './tasks/tasks.module.js';
import { YaptideModule } from './yaptide/yaptide.module.js';

/** The whole service. The guards run in this order, which is that of the contract's checks: 415, 401, then the rest. */
@Module({
  imports: [
    PrismaModule,
    MetricsModule,
    AmqpModule,
    PayloadModule,
    HealthModule,
    AuthModule,
    AuditModule,
    SimulationsModule,
    ResultsModule,
    InputsModule,
    LogsModule,
    TasksModule,
    YaptideModule,
    AdminModule,
    DeadLettersModule,
    DemoModule,
  ],
  providers: [
    BodyAdmission,
    { provide: APP_GUARD, useClass: ReadyGuard },
    { provide: APP_GUARD, useClass: BodyGuard },
    { provide: APP_GUARD, useClass: AccessTokenGuard },
    { provide: APP_GUARD, useClass: OriginGuard },
    { provide: APP_FILTER, useClass: ErrorFilter },
  ],
})
export class AppModule {
  static with(config: ServiceConfig): DynamicModule {
    return { module: AppModule, imports: [ConfigModule.with(config)] };
  }
}

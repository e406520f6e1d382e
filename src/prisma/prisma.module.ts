import { Global, Module } from '@nestjs/common';
import { Database } from './database.js';
import { MigrationsService } from './migrations.service.js';
import { PrismaService } from './prisma.service.js';

/** Owns the connection pool, the Prisma client on it, and the migrations. */
@Global()
@Module({
  providers: [Database, PrismaService, MigrationsService],
  exports: [Database, PrismaService, MigrationsService],
})
export class PrismaModule {}

import { Injectable } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { Database } from '../../src/prisma/database.js';
import { PrismaClient } from '../../src/prisma/generated/client.js';

/** Prisma on the service's pool, for the yardsticks' own tables. */
@Injectable()
export class BenchPrisma extends PrismaClient {
  constructor(database: Database) {
    super({ adapter: new PrismaPg(database.pool, { schema: 'bench' }) });
  }
}

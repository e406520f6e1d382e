import { finished } from 'node:stream/promises';
import { Controller, Get, ParseIntPipe, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { type AuthenticatedUser, CurrentUser } from '../../src/auth/current-user.decorator.js';
import { Database } from '../../src/prisma/database.js';

/** What any way of answering costs: the rows leave the database in binary, and as many bytes as the answer has are sent. */
@Controller('bench/floor')
export class FloorController {
  private readonly bodies = new Map<number, Buffer>();

  constructor(private readonly database: Database) {}

  @Get('results')
  async results(
    @CurrentUser() { id }: AuthenticatedUser,
    @Query('job_id') jobId: string,
    @Query('length', ParseIntPipe) length: number,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.fetchRows(jobId, id);
    await reply.header('Content-Type', 'application/json; charset=utf-8').send(this.bodyOf(length));
  }

  /** One statement, whose bytes are dropped as they come. */
  private async fetchRows(jobId: string, ownerId: number): Promise<void> {
    const client = await this.database.pool.connect();
    try {
      const rows = client.query(copyTo(rowsOf(jobId, ownerId)));
      rows.on('data', () => undefined);
      await finished(rows);
    } finally {
      client.release();
    }
  }

  private bodyOf(length: number): Buffer {
    let body = this.bodies.get(length);
    if (body === undefined) this.bodies.set(length, (body = Buffer.alloc(length, 'x')));
    return body;
  }
}

/** COPY takes no parameters. */
function rowsOf(jobId: string, ownerId: number): string {
  return `COPY (
    SELECT p.estimator_no, p.page_number, p.name, p.unit, b.body, b.axis1, b.axis2, b.axis3
      FROM simulation s
      JOIN page p ON p.simulation_id = s.id
      JOIN payload_block b ON b.simulation_id = p.simulation_id AND b.payload_id = p.payload_id
     WHERE s.job_id = ${pg.escapeLiteral(jobId)} AND s.owner_id = ${ownerId}
  ) TO STDOUT (FORMAT binary)`;
}

import { gzipSync } from 'node:zlib';
import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AuthenticatedUser, CurrentUser } from '../../src/auth/current-user.decorator.js';
import { Database } from '../../src/prisma/database.js';

/** Endpoints that do as little as an endpoint can. */
@Controller('bench')
export class SmallAnswersController {
  constructor(private readonly database: Database) {}

  /** Authenticates, and that is all. */
  @Get('empty')
  empty(): { message: string } {
    return { message: 'OK' };
  }

  /** Authenticates and runs one indexed query. */
  @Get('one-query')
  async oneQuery(
    @CurrentUser() { id }: AuthenticatedUser,
    @Query('job_id') jobId: string,
  ): Promise<{ message: string }> {
    const { rowCount } = await this.database.query('SELECT id FROM simulation WHERE job_id = $1 AND owner_id = $2', [
      jobId,
      id,
    ]);
    return { message: rowCount === 1 ? 'OK' : 'none' };
  }

  /**
   * Authenticates and fetches an answer that somebody put there before. Where gzip is accepted it is compressed on the way, as fast
   * as zlib does, or with `packed` was compressed before.
   */
  @Get('ready-made')
  async readyMade(
    @Query('job_id') jobId: string,
    @Query('kind') kind: string,
    @Query('packed') packed: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const isGzip = request.headers['accept-encoding'] === 'gzip';
    const isPacked = isGzip && packed !== undefined;
    const { rows } = await this.database.query<{ body: Buffer }>(
      'SELECT body FROM bench.ready_made WHERE job_id = $1 AND kind = $2 AND encoding = $3',
      [jobId, kind, isPacked ? 'gzip' : 'identity'],
    );
    const body = rows[0]?.body ?? Buffer.alloc(0);
    if (isGzip) void reply.header('Content-Encoding', 'gzip');
    await reply
      .header('Content-Type', 'application/json; charset=utf-8')
      .send(isGzip && !isPacked ? gzipSync(body, { level: 1 }) : body);
  }
}

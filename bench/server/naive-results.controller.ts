import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AuthenticatedUser, CurrentUser } from '../../src/auth/current-user.decorator.js';
import { Public } from '../../src/auth/public.decorator.js';
import { AppError } from '../../src/errors/app-error.js';
import { Database } from '../../src/prisma/database.js';
import { UpdateKeyService } from '../../src/simulations/update-key.service.js';
import { naiveResults } from './naive-results.js';
import { type NaiveResultsBody, storeNaiveResults } from './naive-upload.js';

const gzipInPool = promisify<Buffer, { level: number }, Buffer>(gzip);

/** The level at which the service stores: a higher one would only make the yardstick slower. */
const LEVEL = 4;

/** Results without the trick. */
@Controller('bench/naive')
export class NaiveResultsController {
  constructor(
    private readonly database: Database,
    private readonly updateKeys: UpdateKeyService,
  ) {}

  @Get('results')
  async read(
    @CurrentUser() user: AuthenticatedUser,
    @Query('job_id') jobId: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answer = await naiveResults(this.database, user.id, jobId);
    if (answer === undefined) throw new AppError('notFound', 'Results are unavailable');
    const text = Buffer.from(JSON.stringify(answer));
    void reply.header('Content-Type', 'application/json; charset=utf-8').header('Vary', 'Accept-Encoding');
    if (request.headers['accept-encoding'] !== 'gzip') return reply.send(text);
    await reply.header('Content-Encoding', 'gzip').send(await gzipInPool(text, { level: LEVEL }));
  }

  @Public()
  @Post('results')
  @HttpCode(202)
  async save(@Req() request: FastifyRequest): Promise<{ message: string }> {
    const body = JSON.parse((await buffer(request.raw)).toString('utf8')) as NaiveResultsBody;
    const { id } = await this.updateKeys.authorize(body.simulation_id, body.update_key, request.ip);
    await this.database.transaction((tx) => storeNaiveResults(tx, id, body));
    return { message: 'Results saved' };
  }
}

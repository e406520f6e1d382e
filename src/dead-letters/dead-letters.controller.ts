import { Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { ADMINS_ONLY } from '../auth/admin.guard.js';
import { type AuthenticatedUser, CurrentUser } from '../auth/current-user.decorator.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { PathNumber } from '../http/path-number.decorator.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { DeadLettersService } from './dead-letters.service.js';
import { DeadLetterAnswer, DeadLettersAnswer, DiscardAnswer, ReplayAnswer } from './dto/dead-letter-answers.js';
import { DeadLetterSelection, DeadLettersPage, DeadLettersQuery } from './dto/dead-letter-queries.js';

const ID = { name: 'id', type: 'integer', description: 'As GET /admin/dead-letters shows it' };
const FORBIDDEN = [403, ADMINS_ONLY] as const;
const NOT_FOUND = [404, 'Dead letter not found'] as const;
const NOT_SAID = [400, 'all: must be true where there is neither ids nor a filter'] as const;

@ApiTags('Admin: dead letters')
@AdminOnly()
@Controller('admin/dead-letters')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLettersService) {}

  @Get()
  @ApiOperation({
    summary: 'Messages from RabbitMQ that could not succeed, newest first',
    description: 'Each with its reason, the error that HTTP would have answered, its attempts and times.',
  })
  @ApiResponse({ status: 200, type: DeadLettersAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors([400, 'state: must be waiting or replayed or all'], 401, FORBIDDEN)
  async list(
    @ValidQuery(DeadLettersQuery) query: DeadLettersQuery,
    @ValidQuery(DeadLettersPage) part: DeadLettersPage,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.deadLetters.list(query.filter(), part.page()));
  }

  @Get(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'One dead letter with its body, update keys masked', description: 'Audit-logged.' })
  @ApiResponse({ status: 200, type: DeadLetterAnswer })
  @ApiErrors([400, 'id: must be a positive integer'], 401, FORBIDDEN, NOT_FOUND)
  async read(
    @CurrentUser() admin: AuthenticatedUser,
    @PathNumber('id') id: number,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.deadLetters.read(admin, id));
  }

  @Post('replay')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Replay dead letters: some by number, those that match, or all',
    description:
      'Each is handed to its consumer once more, as it was sent, oldest first, and applied once. What fails again keeps ' +
      'its place with the new error. A request works for 20 seconds at most and tells how many remain. Audit-logged.',
  })
  @ApiResponse({ status: 200, type: ReplayAnswer })
  @ApiErrors(NOT_SAID, 401, FORBIDDEN)
  async replay(
    @CurrentUser() admin: AuthenticatedUser,
    @ValidQuery(DeadLetterSelection) selection: DeadLetterSelection,
  ): Promise<ReplayAnswer> {
    return this.deadLetters.replay(admin, selection.filter());
  }

  @Post('discard')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Discard dead letters: some by number, those that match, or all',
    description: 'They are gone for good. Without `state` only those that were not replayed. Audit-logged.',
  })
  @ApiResponse({ status: 200, type: DiscardAnswer })
  @ApiErrors(NOT_SAID, 401, FORBIDDEN)
  async discard(
    @CurrentUser() admin: AuthenticatedUser,
    @ValidQuery(DeadLetterSelection) selection: DeadLetterSelection,
  ): Promise<DiscardAnswer> {
    return this.deadLetters.discard(admin, selection.filter());
  }

  @Post(':id/replay')
  @HttpCode(200)
  @ApiParam(ID)
  @ApiOperation({ summary: 'Replay one dead letter' })
  @ApiResponse({ status: 200, type: ReplayAnswer })
  @ApiErrors(400, 401, FORBIDDEN, NOT_FOUND, [409, 'Dead letter 17 was replayed already'])
  async replayOne(@CurrentUser() admin: AuthenticatedUser, @PathNumber('id') id: number): Promise<ReplayAnswer> {
    return this.deadLetters.replayNumber(admin, id);
  }

  @Delete(':id')
  @ApiParam(ID)
  @ApiOperation({ summary: 'Discard one dead letter' })
  @ApiResponse({ status: 200, type: DiscardAnswer })
  @ApiErrors(400, 401, FORBIDDEN, NOT_FOUND, [409, 'Dead letter 17 is being replayed'])
  async discardOne(@CurrentUser() admin: AuthenticatedUser, @PathNumber('id') id: number): Promise<DiscardAnswer> {
    return this.deadLetters.discardNumber(admin, id);
  }
}

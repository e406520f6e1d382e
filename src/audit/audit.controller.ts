import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { ADMINS_ONLY } from '../auth/admin.guard.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { AuditService } from './audit.service.js';
import { AuditAnswer } from './dto/audit-answer.js';
import { AuditQuery } from './dto/audit-query.js';

@ApiTags('Admin: audit log')
@AdminOnly()
@Controller('admin/audit-log')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @ApiOperation({
    summary: 'What admins did, newest first',
    description:
      'Changes of users, deeds on simulations of other users through whichever endpoint, dead letters read, replayed ' +
      'and discarded. Entries are written together with the deed and outlive what they tell of; nobody can change them here.',
  })
  @ApiResponse({ status: 200, type: AuditAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors([400, 'action: "delete" is not one of user.promote, user.demote, …'], 401, [403, ADMINS_ONLY])
  async list(
    @ValidQuery(AuditQuery) query: AuditQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.audit.list(query.request()));
  }
}

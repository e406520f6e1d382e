import { Controller, Get, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AdminOnly } from '../auth/admin-only.decorator.js';
import { ADMINS_ONLY } from '../auth/admin.guard.js';
import { ApiErrors } from '../http/api-errors.decorator.js';
import { answerByContent } from '../http/conditional-answer.js';
import { ValidQuery } from '../http/valid-query.decorator.js';
import { AdminStorageService } from './admin-storage.service.js';
import { StorageAnswer } from './dto/storage-answer.js';
import { StorageQuery } from './dto/storage-query.js';

@ApiTags('Admin: storage')
@AdminOnly()
@Controller('admin/storage')
export class AdminStorageController {
  constructor(private readonly storage: AdminStorageService) {}

  @Get()
  @ApiOperation({
    summary: 'Storage by user, most first',
    description:
      'What the simulations of each user hold now: results, log files and inputs. The space of deleted simulations and ' +
      'replaced pages, which is given back within minutes, is not counted.',
  })
  @ApiResponse({ status: 200, type: StorageAnswer })
  @ApiResponse({ status: 304, description: 'Unchanged since the ETag of If-None-Match' })
  @ApiErrors([400, 'limit: must be an integer from 1 to 200'], 401, [403, ADMINS_ONLY])
  async list(
    @ValidQuery(StorageQuery) query: StorageQuery,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await answerByContent(request, reply, await this.storage.list(query.request()));
  }
}

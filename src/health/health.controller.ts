import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../auth/public.decorator.js';
import { HealthService } from './health.service.js';

const READY = { message: 'Ready', checks: { database: 'up', migrations: 'applied', consumers: 'up' } };
const NOT_READY = {
  message: 'Not ready',
  status_code: 503,
  checks: { database: 'down', migrations: 'applied', consumers: 'paused' },
};

@ApiTags('Operation')
@Public()
@Controller('health')
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Get('live')
  @ApiOperation({ summary: 'The process runs' })
  @ApiResponse({ status: 200, schema: { example: { message: 'Live' } } })
  live(): { message: string } {
    return { message: 'Live' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'The service can do its work',
    description: 'The body names each part; `consumers` only where RabbitMQ is configured.',
  })
  @ApiResponse({ status: 200, schema: { example: READY } })
  @ApiResponse({ status: 503, schema: { example: NOT_READY } })
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const { ready, checks } = await this.health.readiness();
    if (ready) await reply.send({ message: 'Ready', checks });
    else await reply.status(503).header('Retry-After', '2').send({ message: 'Not ready', status_code: 503, checks });
  }
}

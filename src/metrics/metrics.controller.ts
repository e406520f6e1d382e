import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash, timingSafeEqual } from 'node:crypto';
import { Public } from '../auth/public.decorator.js';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { MetricsService } from './metrics.service.js';

@ApiTags('Operation')
@Controller('metrics')
export class MetricsController {
  constructor(
    @Inject(CONFIG) private readonly config: ServiceConfig,
    private readonly metrics: MetricsService,
  ) {}

  @Public()
  @Get()
  @ApiOperation({
    summary: 'Prometheus metrics',
    description:
      'In production only with `Authorization: Bearer <METRICS_TOKEN>`; without that variable there is no such endpoint.',
  })
  @ApiProduces('text/plain')
  @ApiResponse({ status: 200, description: 'The text exposition format' })
  async read(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    this.requireAccess(request.headers.authorization);
    const { contentType, text } = await this.metrics.expose();
    await reply.header('Content-Type', contentType).send(text);
  }

  private requireAccess(authorization: string | undefined): void {
    const { metricsToken, production } = this.config;
    if (metricsToken === undefined && !production) return;
    if (metricsToken === undefined) throw new AppError('notFound', '/metrics: no such endpoint');
    const sha256 = (text: string) => createHash('sha256').update(text).digest();
    if (timingSafeEqual(sha256(authorization ?? ''), sha256(`Bearer ${metricsToken}`))) return;
    throw new AppError('unauthenticated', 'Authorization: must be Bearer with the METRICS_TOKEN');
  }
}

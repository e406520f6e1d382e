import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requireJson } from '../ingest/media-type.js';

/** The first check of all: a body that is there must be JSON in UTF-8, as it is or compressed in a way we know. */
@Injectable()
export class MediaTypeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody) requireJson(headers['content-type'], headers['content-encoding']);
    return true;
  }
}

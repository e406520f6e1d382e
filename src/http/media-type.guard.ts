import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { requireJson } from '../ingest/media-type.js';
import { hasBody } from './has-body.js';

/** The first check of all: a body that is there must be JSON in UTF-8, as it is or compressed in a way we know. */
@Injectable()
export class MediaTypeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (hasBody(request)) requireJson(request.headers['content-type'], request.headers['content-encoding']);
    return true;
  }
}

import type { ArgumentsHost } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** The request that a guard, a filter or a decorator works on. Nest's `switchToHttp()` makes three functions each time it is called. */
export function requestOf(host: ArgumentsHost): FastifyRequest {
  return host.getArgByIndex<FastifyRequest>(0);
}

/** Its answer. */
export function replyOf(host: ArgumentsHost): FastifyReply {
  return host.getArgByIndex<FastifyReply>(1);
}

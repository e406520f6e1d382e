import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { WorkerBody } from '../ingest/worker-body.js';
import { incomingChunks } from './incoming-body.js';

/** The body of a request as a stream of inflated bytes, for services that read it themselves. */
export const StreamedBody = createParamDecorator((_: unknown, context: ExecutionContext): WorkerBody => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return bodySource(request);
});

export function bodySource(request: FastifyRequest): WorkerBody {
  const { headers } = request;
  const updateKey = headers['x-update-key'];
  return {
    chunks: incomingChunks(request.raw, headers['content-encoding']?.trim().toLowerCase()),
    updateKey: typeof updateKey === 'string' ? updateKey : undefined,
    sender: request.ip,
  };
}

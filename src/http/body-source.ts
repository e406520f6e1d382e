import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { WorkerBody } from '../ingest/worker-body.js';
import { type BodyLease, leaseOf, SMALL_BODY_BYTES } from './body-admission.js';
import { requestOf } from './http-context.js';
import { incomingChunks } from './incoming-body.js';

/** The body of a request as a stream of inflated bytes, for services that read it themselves. */
export const StreamedBody = createParamDecorator((_: unknown, context: ExecutionContext): WorkerBody => {
  const request = requestOf(context);
  return bodySource(request);
});

export function bodySource(request: FastifyRequest): WorkerBody {
  const { headers } = request;
  const updateKey = headers['x-update-key'];
  return {
    chunks: admitted(incomingChunks(request.raw, headers['content-encoding']?.trim().toLowerCase()), leaseOf(request)),
    updateKey: typeof updateKey === 'string' ? updateKey : undefined,
    sender: request.ip,
  };
}

/** A body that turns out to be large needs more room before it goes on. */
async function* admitted(chunks: AsyncIterable<Buffer>, lease: BodyLease | undefined): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > SMALL_BODY_BYTES) lease?.grow();
    yield chunk;
  }
}

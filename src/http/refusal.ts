import type { FastifyReply, FastifyRequest } from 'fastify';
import { hasBody } from './has-body.js';

/** What is read and dropped of a refused body, so that its sender gets to see the answer instead of a broken pipe. */
const DRAIN_BYTES = 1024 ** 3;
const DRAIN_MS = 30_000;
/** 408, Request Timeout. */
const STALLED = 408;

/**
 * Answers at once; where the request's body is still coming, the rest of it is read and dropped, bounded in bytes and
 * time, before the connection closes.
 */
export function answerAndDrain(request: FastifyRequest, reply: FastifyReply, status: number, body: object): void {
  const incoming = request.raw;
  const bodyPending = !incoming.complete && !incoming.destroyed && hasBody(request);
  if (!bodyPending) {
    void reply.status(status).send(body);
    return;
  }
  const { socket } = incoming;
  // Who sent nothing for so long is not waited for any more.
  if (status === STALLED) {
    void reply.header('Connection', 'close').status(status).send(body);
    return;
  }
  // Node closes behind the answer where the sender asks for that: what is on its way would break the connection before the
  // answer is read. So the connection ends behind the body.
  const { shouldKeepAlive } = reply.raw;
  reply.raw.shouldKeepAlive = true;
  let left = DRAIN_BYTES;
  const timer = setTimeout(() => socket.destroy(), DRAIN_MS);
  incoming.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) socket.destroy();
  });
  incoming.once('close', () => clearTimeout(timer));
  incoming.once('end', () => {
    clearTimeout(timer);
    if (!shouldKeepAlive) socket.destroySoon();
  });
  incoming.on('error', () => undefined);
  incoming.resume();
  void reply.status(status).send(body);
}

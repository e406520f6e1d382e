import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Sends a body of `length` bytes piece by piece, each once the one before left, so that a reader who stalls holds no more
 * than one; Fastify's own way holds several. The first piece is awaited before anything is sent: what goes wrong until then is
 * answered like any error. Later the connection is broken, so that nobody takes a part for the whole.
 */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  length: number,
  pieces: AsyncGenerator<Buffer>,
): Promise<void> {
  const first = await pieces.next();
  const start = first.done === true ? Buffer.alloc(0) : first.value;
  void reply.header('Content-Length', length);
  if (start.length === length) {
    await pieces.return(undefined);
    await reply.send(start);
    return;
  }
  void reply.hijack();
  const { raw } = reply;
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string | number>);
    await write(raw, start);
    for await (const piece of pieces) {
      await write(raw, piece);
      if (raw.destroyed) return;
    }
    raw.end();
  } catch (error) {
    request.log.warn({ err: error }, 'a body broke off');
    raw.destroy();
  } finally {
    await pieces.return(undefined);
  }
}

/** Resolves once there is room for more, or nobody reads any more. */
async function write(response: ServerResponse, piece: Buffer): Promise<void> {
  if (response.destroyed || response.write(piece)) return;
  await new Promise<void>((resolve) => {
    const goOn = () => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  });
}

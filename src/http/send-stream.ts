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
  let first = await nextPiece(pieces);
  void reply.header('Content-Length', length);
  if (first === undefined || first.length === length) {
    await pieces.return(undefined);
    await reply.send(first ?? Buffer.alloc(0));
    return;
  }
  void reply.hijack();
  const { raw } = reply;
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string | number>);
    await write(raw, first);
    first = undefined;
    while (await passOn(pieces, raw));
    if (!raw.destroyed) raw.end();
  } catch (error) {
    request.log.warn({ err: error }, 'a body broke off');
    raw.destroy();
  } finally {
    await pieces.return(undefined);
  }
}

/** A function of its own, so that no piece is held on to while the next one is fetched. False at the end, or once nobody reads. */
async function passOn(pieces: AsyncGenerator<Buffer>, response: ServerResponse): Promise<boolean> {
  const piece = await nextPiece(pieces);
  if (piece === undefined) return false;
  await write(response, piece);
  return !response.destroyed;
}

/** Undefined at the end. */
async function nextPiece(pieces: AsyncGenerator<Buffer>): Promise<Buffer | undefined> {
  const next = await pieces.next();
  return next.done === true ? undefined : next.value;
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

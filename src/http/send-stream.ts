import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * Sends a body of `length` bytes as it comes, some pieces at a time, each time once those before left, so that a reader who stalls
 * holds no more; Fastify's own way holds several times that. The first pieces are awaited before anything is sent: what goes
 * wrong until then is answered like any error. Later the connection is broken, so that nobody takes a part for the whole.
 */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  length: number,
  body: AsyncGenerator<Buffer[]>,
): Promise<void> {
  let first = await nextPieces(body);
  void reply.header('Content-Length', length);
  const bytes = first?.reduce((sum, piece) => sum + piece.length, 0) ?? 0;
  if (first === undefined || bytes === length) {
    await body.return(undefined);
    await reply.send(Buffer.concat(first ?? []));
    return;
  }
  void reply.hijack();
  const { raw } = reply;
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string | number>);
    await write(raw, first);
    first = undefined;
    while (await passOn(body, raw));
    if (!raw.destroyed) raw.end();
  } catch (error) {
    request.log.warn({ err: error }, 'a body broke off');
    raw.destroy();
  } finally {
    await body.return(undefined);
  }
}

/** A function of its own, so that nothing is held on to while more is fetched. False at the end, or once nobody reads. */
async function passOn(body: AsyncGenerator<Buffer[]>, response: ServerResponse): Promise<boolean> {
  const pieces = await nextPieces(body);
  if (pieces === undefined) return false;
  await write(response, pieces);
  return !response.destroyed;
}

/** Undefined at the end. */
async function nextPieces(body: AsyncGenerator<Buffer[]>): Promise<Buffer[] | undefined> {
  const next = await body.next();
  return next.done === true ? undefined : next.value;
}

/** Resolves once there is room for more, or nobody reads any more. */
async function write(response: ServerResponse, pieces: readonly Buffer[]): Promise<void> {
  if (response.destroyed || writeTogether(response, pieces)) return;
  await new Promise<void>((resolve) => {
    const goOn = () => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  });
}

/** In one system call. */
function writeTogether(response: ServerResponse, pieces: readonly Buffer[]): boolean {
  let hasRoom = true;
  response.cork();
  for (const piece of pieces) hasRoom = response.write(piece);
  response.uncork();
  return hasRoom;
}

import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Outgoing } from '../payload/body-output.js';

/**
 * Sends a body of `length` bytes as it comes, portion by portion, each time once those before left, so that a reader who stalls
 * holds no more; Fastify's own way holds several times that. The first portion is awaited before anything is sent: what goes
 * wrong until then is answered like any error. Later the connection is broken, so that nobody takes a part for the whole.
 */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  length: number,
  body: AsyncGenerator<Outgoing>,
): Promise<void> {
  let first = await nextPortion(body);
  void reply.header('Content-Length', length);
  if (first === undefined || first.bytes === length) {
    await body.return(undefined);
    if (first !== undefined) reply.raw.once('finish', first.sent);
    await reply.send(inOnePiece(first?.pieces ?? []));
    return;
  }
  if (first.bytes > length) throw new Error(`the body is ${first.bytes - length} bytes too long`);
  void reply.hijack();
  const { raw } = reply;
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string | number>);
    let missing = length - first.bytes;
    await write(raw, first);
    first = undefined;
    while (missing > 0 && !raw.destroyed) missing -= await passOn(body, raw, missing);
    if (!raw.destroyed) raw.end();
  } catch (error) {
    request.log.warn({ err: error }, 'a body broke off');
    raw.destroy();
  } finally {
    await body.return(undefined);
  }
}

/**
 * Returns how many bytes it sent. A function of its own, so that nothing is held on to while more is fetched. Throws where the body
 * is not as long as was promised, before anything is sent that the reader would take for another answer.
 */
async function passOn(body: AsyncGenerator<Outgoing>, response: ServerResponse, missing: number): Promise<number> {
  const portion = await nextPortion(body);
  if (portion === undefined) throw new Error(`the body ended ${missing} bytes too early`);
  if (portion.bytes > missing) throw new Error(`the body is ${portion.bytes - missing} bytes too long`);
  await write(response, portion);
  return portion.bytes;
}

/** Undefined at the end. */
async function nextPortion(body: AsyncGenerator<Outgoing>): Promise<Outgoing | undefined> {
  const next = await body.next();
  return next.done === true ? undefined : next.value;
}

/** Resolves once there is room for more, or nobody reads any more. */
async function write(response: ServerResponse, portion: Outgoing): Promise<void> {
  if (response.destroyed || writeTogether(response, portion)) return;
  await new Promise<void>((resolve) => {
    const goOn = () => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  });
}

/** In one system call; false where it has to wait for the reader. */
function writeTogether(response: ServerResponse, { pieces, sent }: Outgoing): boolean {
  let hasRoom = true;
  response.cork();
  for (const [index, piece] of pieces.entries()) {
    hasRoom = index === pieces.length - 1 ? response.write(piece, unlessFailed(sent)) : response.write(piece);
  }
  response.uncork();
  return hasRoom;
}

/** A piece whose connection broke may still lie in some queue. */
function unlessFailed(sent: () => void): (error?: Error | null) => void {
  return (error) => {
    if (error === undefined || error === null) sent();
  };
}

function inOnePiece(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}

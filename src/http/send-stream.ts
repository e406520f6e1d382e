import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Outgoing } from '../payload/body-output.js';

/**
 * Sends a body of `length` bytes, undefined where nobody knows yet, as it comes, portion by portion, each time once those before left, so that a reader who stalls
 * holds no more; Fastify's own way holds several times that. The first portion is awaited before anything is sent: what goes
 * wrong until then is answered like any error. Later the connection is broken, so that nobody takes a part for the whole.
 */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  length: number | undefined,
  body: AsyncGenerator<Outgoing>,
): Promise<void> {
  let first = await nextPortion(body);
  if (length !== undefined) void reply.header('Content-Length', length);
  if (first === undefined || first.bytes === length) {
    await body.return(undefined);
    if (first !== undefined) reply.raw.once('finish', first.sent);
    await reply.send(inOnePiece(first?.pieces ?? []));
    return;
  }
  void reply.hijack();
  const { raw } = reply;
  try {
    raw.writeHead(reply.statusCode, reply.getHeaders() as Record<string, string | number>);
    const left = new BytesLeft(length);
    left.count(first);
    await write(raw, first);
    first = undefined;
    while (!raw.destroyed && (await passOn(body, raw, left)));
    if (!raw.destroyed) raw.end();
  } catch (error) {
    request.log.warn({ err: error, reqId: request.id }, 'a body broke off');
    raw.destroy();
  } finally {
    await body.return(undefined);
  }
}

/** A function of its own, so that nothing is held on to while more is fetched. False at the end. */
async function passOn(body: AsyncGenerator<Outgoing>, response: ServerResponse, left: BytesLeft): Promise<boolean> {
  const portion = await nextPortion(body);
  left.count(portion);
  if (portion !== undefined) await write(response, portion);
  return portion !== undefined;
}

/** Throws where a body is not as long as was promised, before anything is sent that the reader would take for another answer. */
class BytesLeft {
  constructor(private bytes: number | undefined) {}

  /** A portion that is to be sent, or undefined at the end. */
  count(portion: Outgoing | undefined): void {
    if (this.bytes === undefined) return;
    this.bytes -= portion?.bytes ?? 0;
    if (this.bytes < 0) throw new Error(`the body is ${-this.bytes} bytes too long`);
    if (portion === undefined && this.bytes > 0) throw new Error(`the body ended ${this.bytes} bytes too early`);
  }
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

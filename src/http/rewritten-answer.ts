import { pipeline, Readable } from 'node:stream';
import { createDeflate, createGzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Outgoing } from '../payload/body-output.js';
import type { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { DatabaseReading, OpenedSplice, SplicedResource } from '../payload/resource.js';
import { type BodyEncoding, splicedBody } from '../payload/spliced-body.js';
import { negotiateEncoding } from './accept-encoding.js';
import { unlessUnmodified } from './conditional-answer.js';
import { sendStream } from './send-stream.js';

/** Rewrites a body while it comes. */
export interface Rewriting {
  /** The part of the rewritten text that is certain by now. */
  write(piece: Buffer): Buffer;
  /** The rest. */
  end(): Buffer;
}

/** A way to rewrite bodies; its name is part of their ETags. */
export interface Rewrite {
  readonly name: string;
  readonly begin: () => Rewriting;
}

/** Fast, since it is done anew for every answer. */
const OPTIONS = { level: 3 };
const COMPRESSORS = { gzip: createGzip, deflate: createDeflate };

/**
 * Answers like `answerSpliced` with a body that is rewritten on its way: stored payloads are inflated, and compressed anew,
 * step by step, so nobody knows its length before the end.
 */
export async function answerRewritten(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: SplicedResource,
  payloads: PayloadReaderService,
  { name, begin }: Rewrite,
): Promise<void> {
  const encoding = negotiateEncoding(request.headers['accept-encoding']);
  await payloads.reading(async (reading) => {
    const opened = await unlessUnmodified(request, reply, named(resource, name, reading), encoding);
    if (opened === undefined) return;
    if (encoding !== 'identity') void reply.header('Content-Encoding', encoding);
    if (request.method === 'HEAD') {
      opened.release?.();
      // A stream, because Fastify would tell the length of any other body.
      await reply.send(Readable.from([]));
      return;
    }
    const text = rewritten(splicedBody(reading, opened.segments, 'identity', opened.release), begin());
    await sendStream(request, reply, undefined, compressed(text, encoding));
  });
}

function named(
  { validator, open }: SplicedResource,
  name: string,
  reading: DatabaseReading,
): { validator: () => Promise<string>; open: () => Promise<OpenedSplice> } {
  const own = (text: string) => `${text} ${name}`;
  return {
    validator: async () => own(await validator()),
    open: async () => {
      const opened = await open(reading);
      return { ...opened, validator: own(opened.validator) };
    },
  };
}

async function* rewritten(body: AsyncIterable<Outgoing>, rewriting: Rewriting): AsyncGenerator<Outgoing> {
  for await (const { pieces, sent } of body) {
    yield outgoing(
      pieces.map((piece) => rewriting.write(piece)),
      sent,
    );
  }
  yield outgoing([rewriting.end()]);
}

/** A reader who leaves ends all that is before. */
async function* compressed(body: AsyncGenerator<Outgoing>, encoding: BodyEncoding): AsyncGenerator<Outgoing> {
  if (encoding === 'identity') {
    yield* body;
    return;
  }
  const compressor = COMPRESSORS[encoding](OPTIONS);
  // What goes wrong on the way comes out of the compressor.
  pipeline(Readable.from(singly(body)), compressor, () => undefined);
  for await (const piece of compressor as AsyncIterable<Buffer>) yield outgoing([piece]);
}

/** Nobody can tell when the compressor is done with a piece, so none is called sent. */
async function* singly(body: AsyncIterable<Outgoing>): AsyncGenerator<Buffer> {
  for await (const { pieces } of body) yield* pieces.filter(({ length }) => length > 0);
}

function outgoing(pieces: readonly Buffer[], sent: () => void = () => undefined): Outgoing {
  return { pieces, bytes: pieces.reduce((sum, { length }) => sum + length, 0), sent };
}

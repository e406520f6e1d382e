import { hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { deflate, deflateSync, gzip, gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PayloadReaderService } from '../payload/payload-reader.service.js';
import type { Resource, SplicedResource } from '../payload/resource.js';
import { SegmentList } from '../payload/segment-list.js';
import { type BodyEncoding, splicedBody, splicedLength } from '../payload/spliced-body.js';
import { negotiateEncoding } from './accept-encoding.js';
import { entityTag, matchesAnything, matchesTag } from './entity-tag.js';
import { sendStream } from './send-stream.js';

/** JSON of a few members over and over: level 3 takes half as long again and packs 2 % better. */
const OPTIONS = { level: 1 };
const inPool = {
  gzip: promisify<Buffer, typeof OPTIONS, Buffer>(gzip),
  deflate: promisify<Buffer, typeof OPTIONS, Buffer>(deflate),
};
const atOnce = { gzip: gzipSync, deflate: deflateSync };
/** Below this many bytes a trip through the thread pool costs more than the work. */
const SYNC_BYTES = 32 * 1024;

async function compressed(text: Buffer, encoding: 'gzip' | 'deflate'): Promise<Buffer> {
  return text.length <= SYNC_BYTES ? atOnce[encoding](text, OPTIONS) : inPool[encoding](text, OPTIONS);
}

/** Answers 304 where the client has it already, else the body in the encoding that it accepts. */
export async function answerConditionally(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: Resource,
): Promise<void> {
  const encoding = negotiateEncoding(request.headers['accept-encoding']);
  const opened = await unlessUnmodified(request, reply, resource, encoding);
  if (opened === undefined) return;
  const bytes = encoding === 'identity' ? opened.text : await compressed(opened.text, encoding);
  if (encoding !== 'identity') void reply.header('Content-Encoding', encoding);
  await reply.header('Content-Length', bytes.length).send(bytes);
}

/** The same for an answer whose validator can only be its own content. */
export async function answerByContent(request: FastifyRequest, reply: FastifyReply, body: object): Promise<void> {
  const text = Buffer.from(JSON.stringify(body));
  const validator = hash('sha256', text, 'base64url');
  await answerConditionally(request, reply, {
    validator: () => Promise.resolve(validator),
    open: () => Promise.resolve({ validator, text }),
  });
}

/** The same for an answer out of stored payloads, which are streamed and never held whole. */
export async function answerSpliced(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: SplicedResource,
  payloads: PayloadReaderService,
): Promise<void> {
  const encoding = negotiateEncoding(request.headers['accept-encoding']);
  await payloads.reading(async (reading) => {
    // Where no body will be sent no stream need come along.
    const isBodiless = request.method === 'HEAD' || matchesAnything(request.headers['if-none-match']);
    const finding = isBodiless ? { ...reading, windowBytes: () => 0 } : reading;
    const open = async () => resource.open(finding);
    const opened = await unlessUnmodified(request, reply, { validator: resource.validator, open }, encoding);
    if (opened === undefined) return;
    const segments = SegmentList.from(opened.segments);
    if (encoding !== 'identity') void reply.header('Content-Encoding', encoding);
    const length = splicedLength(segments, encoding);
    if (request.method === 'HEAD') {
      opened.release?.();
      // An empty stream, because Fastify sets Content-Length to that of any other body of a HEAD.
      await reply.header('Content-Length', length).send(Readable.from([]));
      return;
    }
    await sendStream(request, reply, length, splicedBody(reading, segments, encoding, opened.release));
  });
}

/**
 * Opens a resource, unless 304 was answered. `*` matches only what exists, so it is opened before that is said; who brings no tag
 * gets it in one go, without a question about the validator before.
 */
export async function unlessUnmodified<T extends { readonly validator: string; readonly release?: () => void }>(
  request: FastifyRequest,
  reply: FastifyReply,
  resource: { readonly validator: () => Promise<string>; readonly open: () => Promise<T> },
  encoding: BodyEncoding,
): Promise<T | undefined> {
  const brought = request.headers['if-none-match'];
  if (brought !== undefined && !matchesAnything(brought)) {
    if (notModified(request, reply, entityTag(await resource.validator(), encoding))) return undefined;
  }
  const opened = await resource.open();
  if (!notModified(request, reply, entityTag(opened.validator, encoding))) return opened;
  opened.release?.();
  return undefined;
}

/** Sets the headers of a read endpoint; true where 304 was answered. */
function notModified(request: FastifyRequest, reply: FastifyReply, tag: string): boolean {
  void reply.header('ETag', tag).header('Cache-Control', 'private, no-cache').header('Vary', 'Accept-Encoding');
  if (matchesTag(request.headers['if-none-match'], tag)) {
    void reply.status(304).send();
    return true;
  }
  void reply.header('Content-Type', 'application/json; charset=utf-8');
  return false;
}

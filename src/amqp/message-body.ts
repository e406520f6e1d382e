import type { MessageProperties } from 'amqplib';
import { overLimit, type WorkerBody } from '../ingest/worker-body.js';
import { CHUNK_BYTES, inflate } from '../ingest/inflate.js';
import { requireJson } from '../ingest/media-type.js';
import type { Headers } from './domain/delivery-headers.js';

/** What a message says of its body: as HTTP has it, with `utf-8` allowed for an encoding, as some clients say. */
export interface BodyProperties {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly headers: Headers;
}

/** The properties of a message as far as they are of the types that the protocol gives them. */
export function bodyProperties(properties: MessageProperties): BodyProperties {
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  return {
    contentType: text(properties.contentType),
    contentEncoding: text(properties.contentEncoding),
    headers: properties.headers ?? {},
  };
}

/**
 * A message's body as a service reads it: inflated, at most `maxBytes` of it. Throws `unsupported` at once; reading
 * throws `invalid` where the compressed data is damaged, and `tooLarge`.
 */
export function messageBody(content: Buffer, properties: BodyProperties, maxBytes: number): WorkerBody {
  const { contentType = 'application/json', contentEncoding, headers } = properties;
  const encoding = contentEncoding?.trim().toLowerCase();
  const plain = encoding === 'utf-8' || encoding === 'utf8';
  requireJson(contentType, plain ? undefined : contentEncoding);
  const isReady = (plain || encoding === undefined) && content.length <= Math.min(CHUNK_BYTES, maxBytes);
  const updateKey = headers['X-Update-Key'] ?? headers['x-update-key'];
  return {
    chunks: isReady ? [content] : limited(inflate(content, plain ? undefined : encoding), maxBytes),
    updateKey: typeof updateKey === 'string' ? updateKey : undefined,
  };
}

async function* limited(chunks: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw overLimit(maxBytes);
    yield chunk;
  }
}

/** When a message was published, in epoch milliseconds, where its publisher or the broker says so. */
export function publishedAt({ properties }: { readonly properties: MessageProperties }): number | undefined {
  const { timestamp, headers } = properties as { timestamp?: unknown; headers?: Headers };
  const stampedByBroker: unknown = headers?.['timestamp_in_ms'];
  if (typeof stampedByBroker === 'number') return stampedByBroker;
  return typeof timestamp === 'number' && timestamp > 0 ? timestamp * 1000 : undefined;
}

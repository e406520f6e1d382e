import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import {
  type Headers,
  readPublicationId,
  readVerdict,
  sendersHeaders,
  type Verdict,
} from './domain/delivery-headers.js';
import { type BodyProperties, bodyProperties } from './message-body.js';

/** The pattern of the consumer that moves dead letters into the database. */
export const DEAD_LETTER = 'dead-letter';

/** A message that was given up, whole. */
export interface DeadLetterMessage extends Verdict {
  /** The same for the same message, however often it is delivered. */
  readonly publicationId: string;
  readonly routingKey: string;
  readonly content: Buffer;
  readonly properties: BodyProperties;
  /** As its sender wrote them. */
  readonly headers: Headers;
}

/** @param now epoch milliseconds */
export function readDeadLetter(message: ConsumeMessage, now: number): DeadLetterMessage {
  const properties = bodyProperties(message.properties);
  const { headers } = properties;
  return {
    ...readVerdict(headers, now),
    publicationId: publicationIdOf(message, headers),
    routingKey: message.fields.routingKey,
    content: message.content,
    properties,
    headers: sendersHeaders(headers),
  };
}

/** Ours where we published it; where the broker gave up, one made of the message itself, the same at every delivery. */
function publicationIdOf({ content, fields, properties }: ConsumeMessage, headers: Headers): string {
  const ours = headers['x-first-death-reason'] === undefined ? readPublicationId(headers) : undefined;
  if (ours !== undefined) return ours;
  const told = JSON.stringify([fields.routingKey, properties], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const hex = createHash('sha256')
    .update(told.replace(/"x-delivery-count":\d+/, ''))
    .update(content)
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

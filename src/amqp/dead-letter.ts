import { randomUUID } from 'node:crypto';
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
    publicationId: readPublicationId(headers) ?? randomUUID(),
    routingKey: message.fields.routingKey,
    content: message.content,
    properties,
    headers: sendersHeaders(headers),
  };
}

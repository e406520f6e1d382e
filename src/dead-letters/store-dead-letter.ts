import type { DeadLetterMessage } from '../amqp/dead-letter.js';
import { storable } from './domain/storable-text.js';
import type { Queryable } from '../prisma/database.js';

/**
 * Stores a message that was given up; once, however often it is delivered.
 *
 * @param simulation what the body names, undefined where it can't be told
 */
export async function storeDeadLetter(
  db: Queryable,
  message: DeadLetterMessage,
  simulation: string | undefined,
): Promise<void> {
  const { publicationId, routingKey, reason, error, attempts, firstAt, lastAt, properties, headers, content } = message;
  await db.query(
    `INSERT INTO dead_letter (publication_id, routing_key, reason, error, attempts, first_at, last_at, simulation,
                              content_type, content_encoding, headers, body)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
     ON CONFLICT (publication_id) DO NOTHING`,
    [
      publicationId,
      storable(routingKey),
      storable(reason),
      storable(error),
      Math.min(attempts, 2_147_483_647),
      new Date(firstAt).toISOString(),
      new Date(lastAt).toISOString(),
      simulation ?? null,
      storableOrNull(properties.contentType),
      storableOrNull(properties.contentEncoding),
      JSON.stringify(headers, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
      content,
    ],
  );
}

function storableOrNull(text: string | undefined): string | null {
  return text === undefined ? null : storable(text);
}

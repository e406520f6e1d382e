import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { paged } from '../../http/paged-query.js';
import { MASK, maskUpdateKeys } from '../domain/masked-text.js';
import type { StoredDeadLetter, WholeDeadLetter } from '../find-dead-letters.js';
import type { ReadableBody } from '../readable-body.js';

class ListedDeadLetter {
  @ApiProperty({ type: 'integer', example: 17 })
  id!: number;

  @ApiProperty({ example: 'results.save' })
  routing_key!: string;

  @ApiProperty({ example: 'invalid', description: 'A kind of error, or what the broker calls it' })
  reason!: string;

  @ApiProperty({ example: 'estimators[0].name: is required', description: 'What HTTP would have answered' })
  error!: string;

  @ApiProperty({ type: 'integer', example: 1, description: 'Attempts that reached the database, replays included' })
  attempts!: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-25T12:00:00.000Z' })
  first_at!: string;

  @ApiProperty({ format: 'date-time', example: '2026-11-25T12:10:00.000Z' })
  last_at!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'demo',
    description: 'As the body names it; null if it does not',
  })
  simulation_id!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'application/json' })
  content_type!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'gzip' })
  content_encoding!: string | null;

  @ApiProperty({ type: 'integer', example: 512, description: 'Bytes of the body as it was sent' })
  bytes!: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-25T12:10:00.100Z' })
  stored_at!: string;

  @ApiProperty({ format: 'date-time', type: String, nullable: true, example: null })
  replayed_at!: string | null;
}

function listed(letter: StoredDeadLetter) {
  return {
    id: Number(letter.id),
    routing_key: letter.routing_key,
    reason: letter.reason,
    error: letter.error,
    attempts: letter.attempts,
    first_at: letter.first_at.toISOString(),
    last_at: letter.last_at.toISOString(),
    simulation_id: letter.simulation,
    content_type: letter.content_type,
    content_encoding: letter.content_encoding,
    bytes: letter.bytes,
    stored_at: letter.stored_at.toISOString(),
    replayed_at: letter.replayed_at?.toISOString() ?? null,
  };
}

/** The answer of GET /admin/dead-letters. */
export class DeadLettersAnswer {
  @ApiProperty({ example: 'Dead letters' })
  message!: string;

  @ApiProperty({ type: [ListedDeadLetter] })
  dead_letters!: ListedDeadLetter[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Pass it as `cursor`; null at the end' })
  next_cursor!: string | null;

  /** @param read one more than `limit` where there are more */
  static of(read: readonly StoredDeadLetter[], limit: number): DeadLettersAnswer {
    const { shown, next_cursor } = paged(read, limit, ({ id }) => id);
    return { message: 'Dead letters', dead_letters: shown.map((letter) => listed(letter)), next_cursor };
  }
}

class WholeDeadLetterAnswer extends ListedDeadLetter {
  @ApiProperty({ type: 'object', additionalProperties: true, example: {}, description: 'As its sender wrote them' })
  headers!: Record<string, unknown>;

  @ApiPropertyOptional({
    description: 'Inflated, update keys masked',
    example: '{"simulation_id":"demo","update_key":"***"}',
  })
  body?: string;

  @ApiPropertyOptional({
    description:
      'Instead of `body`, where it is no UTF-8. Where keys could hide in it (compressed in vain, U+0000) there is neither',
  })
  body_base64?: string;

  @ApiProperty({ description: 'There is more of the body: over 64 MiB, or damaged from there on', example: false })
  body_is_cut!: boolean;

  @ApiProperty({
    description: 'SHA-256 of the body as it was sent',
    example: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4…',
  })
  body_sha256!: string;
}

/** The answer of GET /admin/dead-letters/{id}. */
export class DeadLetterAnswer {
  @ApiProperty({ example: 'Dead letter' })
  message!: string;

  @ApiProperty({ type: WholeDeadLetterAnswer })
  dead_letter!: WholeDeadLetterAnswer;

  static of(letter: WholeDeadLetter, body: ReadableBody): DeadLetterAnswer {
    const whole = {
      ...listed(letter),
      headers: maskedHeaders(letter.headers),
      ...maskedBody(body),
      body_is_cut: body.isCut,
      body_sha256: createHash('sha256').update(letter.body).digest('hex'),
    };
    return { message: 'Dead letter', dead_letter: whole };
  }
}

/** Nothing where a key could be in it that can't be found: in compressed bytes, or in another encoding of text. */
function maskedBody({ bytes, isCut, isOpaque }: ReadableBody): { body?: string; body_base64?: string } {
  // Read as latin1, bytes that are no UTF-8 come through the masking unchanged.
  const masked = Buffer.from(maskUpdateKeys(bytes.toString('latin1')), 'latin1');
  const isText = isUtf8(masked) || (isCut && !isOpaque);
  if (masked.includes(0) || (!isText && (isOpaque || !isNearlyText(masked)))) return {};
  return isText ? { body: masked.toString('utf8') } : { body_base64: masked.toString('base64') };
}

/** Of compressed bytes, whatever they are called, about a third look like letters; of damaged text nearly all. */
function isNearlyText(bytes: Buffer): boolean {
  let printable = 0;
  for (const byte of bytes) if ((byte >= 0x20 && byte < 0x7f) || (byte >= 0x09 && byte <= 0x0d)) printable++;
  return printable >= 0.8 * bytes.length;
}

function maskedHeaders(json: string): Record<string, unknown> {
  const headers = JSON.parse(json) as Record<string, unknown>;
  const mask = ([name, value]: [string, unknown]) => [name, /^x-update-key$/i.test(name) ? MASK : value];
  return Object.fromEntries(Object.entries(headers).map(mask)) as Record<string, unknown>;
}

/** One that failed again. */
export class FailedReplay {
  @ApiProperty({ type: 'integer', example: 17 })
  id!: number;

  @ApiProperty({ example: 'unknownSimulation' })
  reason!: string;

  @ApiProperty({ example: 'Wrong update_key, or no simulation with this simulation_id' })
  error!: string;
}

/** The answer of a replay. */
export class ReplayAnswer {
  @ApiProperty({ example: '2 replayed, 1 failed again' })
  message!: string;

  @ApiProperty({ type: 'integer', example: 2 })
  replayed!: number;

  @ApiProperty({ type: [FailedReplay] })
  failed!: FailedReplay[];

  @ApiProperty({
    type: 'integer',
    example: 0,
    description: 'Matching ones for which the time was too short: ask again',
  })
  remaining!: number;

  static of(replayed: number, failed: FailedReplay[], remaining: number): ReplayAnswer {
    const left = remaining === 0 ? '' : `, ${remaining} remain`;
    return { message: `${replayed} replayed, ${failed.length} failed again${left}`, replayed, failed, remaining };
  }
}

/** The answer of a discard. */
export class DiscardAnswer {
  @ApiProperty({ example: '3 discarded' })
  message!: string;

  @ApiProperty({ type: 'integer', example: 3 })
  discarded!: number;

  static of(discarded: number): DiscardAnswer {
    return { message: `${discarded} discarded`, discarded };
  }
}

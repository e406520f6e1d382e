import { Injectable, Logger } from '@nestjs/common';
import { AmqpStrategy } from '../amqp/amqp.strategy.js';
import type { DeadLetterMessage } from '../amqp/dead-letter.js';
import type { Headers } from '../amqp/domain/delivery-headers.js';
import { AuditService } from '../audit/audit.service.js';
import { AppError } from '../errors/app-error.js';
import { databaseAway } from '../errors/database-error.js';
import { type Fault, faultOf } from '../errors/fault.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Database } from '../prisma/database.js';
import { type ClaimedDeadLetter, claimDeadLetter, markFailed, markReplayed, release } from './claim-dead-letter.js';
import { simulationIn } from './domain/masked-text.js';
import {
  DeadLetterAnswer,
  DeadLettersAnswer,
  DiscardAnswer,
  type FailedReplay,
  ReplayAnswer,
} from './dto/dead-letter-answers.js';
import {
  countDeadLetters,
  type DeadLetterFilter,
  deleteDeadLetters,
  findDeadLetter,
  findDeadLetters,
  findNumbers,
} from './find-dead-letters.js';
import { readableBody } from './readable-body.js';
import { storeDeadLetter } from './store-dead-letter.js';

/** An admin, as the audit log names it. */
export interface Admin {
  readonly id: number;
  readonly username: string;
}

/** One request replays for so long at most; what is left is told, and another request goes on. */
const REPLAY_MS = 20_000;
const REPLAY_SLICE = 100;
/** So many numbers stand in one entry of the audit log. */
const MAX_AUDITED_NUMBERS = 1_000;

/** Owns the messages that could not succeed: keeps them, shows them, replays and discards them. */
@Injectable()
export class DeadLettersService {
  private readonly logger = new Logger(DeadLettersService.name);

  constructor(
    private readonly database: Database,
    private readonly amqp: AmqpStrategy,
    private readonly audit: AuditService,
    metrics: MetricsService,
  ) {
    metrics.gauge('tallyhouse_dead_letters', 'Dead letters that were not replayed', () =>
      countDeadLetters(database, { replayed: false }),
    );
  }

  /** Keeps a message that was given up; resolves only after the commit. */
  async store(message: DeadLetterMessage): Promise<void> {
    const { routingKey, reason, error, attempts, content, properties } = message;
    const start = await readableBody(content, properties.contentEncoding, SIMULATION_WITHIN_BYTES);
    const simulation = simulationIn(start.bytes.toString('latin1'));
    await storeDeadLetter(this.database, message, simulation);
    this.logger.warn({ routingKey, reason, error, attempts, simulation }, 'message dead-lettered');
  }

  /** A part of those that match; one more than asked for is read, to know whether there are more. */
  async list(
    filter: DeadLetterFilter,
    { limit, before }: { readonly limit: number; readonly before: number | undefined },
  ): Promise<DeadLettersAnswer> {
    const read = await findDeadLetters(this.database, filter, { limit: limit + 1, before });
    return DeadLettersAnswer.of(read, limit);
  }

  /** One whole, its update keys masked. Throws `notFound`. */
  async read(admin: Admin, id: number): Promise<DeadLetterAnswer> {
    const letter = await findDeadLetter(this.database, id);
    if (letter === undefined) throw noSuchDeadLetter();
    await this.audit.record(this.database, { admin, action: 'dead-letter.read', subject: String(id) });
    return DeadLetterAnswer.of(letter, await readableBody(letter.body, letter.content_encoding ?? undefined));
  }

  /**
   * Hands those that match to their consumers once more, oldest first, as long as the time of a request allows. Each is
   * applied once: who replays it claims it first. Throws `unavailable` where the database goes away.
   */
  async replay(admin: Admin, filter: DeadLetterFilter): Promise<ReplayAnswer> {
    const waiting = { ...filter, replayed: false };
    const deadline = Date.now() + REPLAY_MS;
    const failed: FailedReplay[] = [];
    let replayed = 0;
    let after = 0;
    for (;;) {
      const numbers = await findNumbers(this.database, waiting, { limit: REPLAY_SLICE, after });
      for (const id of numbers) {
        if (Date.now() > deadline) {
          return ReplayAnswer.of(replayed, failed, await countDeadLetters(this.database, waiting, after));
        }
        const outcome = await this.replayOne(admin, id);
        if (outcome === 'replayed') replayed++;
        else if (outcome !== undefined) failed.push(outcome);
        after = id;
      }
      if (numbers.length < REPLAY_SLICE) return ReplayAnswer.of(replayed, failed, 0);
    }
  }

  /** The same for one. Throws `notFound`, and `conflict` where it was replayed before. */
  async replayNumber(admin: Admin, id: number): Promise<ReplayAnswer> {
    const outcome = await this.replayOne(admin, id);
    if (outcome !== undefined) {
      return outcome === 'replayed' ? ReplayAnswer.of(1, [], 0) : ReplayAnswer.of(0, [outcome], 0);
    }
    const letter = await findDeadLetter(this.database, id);
    if (letter === undefined) throw noSuchDeadLetter();
    throw new AppError(
      'conflict',
      `Dead letter ${id} ${letter.replayed_at === null ? 'is being' : 'was'} replayed already`,
    );
  }

  /** Removes those that match; one that is being replayed stays. */
  async discard(admin: Admin, filter: DeadLetterFilter): Promise<DiscardAnswer> {
    return this.database.transaction(async (tx) => {
      const numbers = await deleteDeadLetters(tx, filter);
      if (numbers.length > 0) {
        const details = { discarded: numbers.length, numbers: numbers.slice(0, MAX_AUDITED_NUMBERS) };
        const subject = numbers.length === 1 ? String(numbers[0]) : `${numbers.length} dead letters`;
        await this.audit.record(tx, { admin, action: 'dead-letter.discard', subject, details });
      }
      return DiscardAnswer.of(numbers.length);
    });
  }

  /** The same for one. Throws `notFound`, and `conflict` where it is being replayed. */
  async discardNumber(admin: Admin, id: number): Promise<DiscardAnswer> {
    const answer = await this.discard(admin, { ids: [id] });
    if (answer.discarded > 0) return answer;
    if ((await findDeadLetter(this.database, id)) === undefined) throw noSuchDeadLetter();
    throw new AppError('conflict', `Dead letter ${id} is being replayed`);
  }

  /** What became of one; undefined where it can't be claimed. */
  private async replayOne(admin: Admin, id: number): Promise<'replayed' | FailedReplay | undefined> {
    const letter = await claimDeadLetter(this.database, id);
    if (letter === undefined) return undefined;
    const fault = await this.apply(letter);
    if (fault?.kind === 'unavailable') {
      await release(this.database, id).catch(() => undefined);
      throw databaseAway();
    }
    const details = fault === undefined ? { outcome: 'applied' } : { outcome: fault.kind, error: fault.message };
    await this.database.transaction(async (tx) => {
      if (fault === undefined) await markReplayed(tx, id);
      else await markFailed(tx, id, fault.kind, fault.message);
      await this.audit.record(tx, { admin, action: 'dead-letter.replay', subject: String(id), details });
    });
    return fault === undefined ? 'replayed' : { id, reason: fault.kind, error: fault.message };
  }

  /** Resolves with what was wrong, if anything. */
  private async apply({
    routing_key,
    body,
    content_type,
    content_encoding,
    headers,
  }: ClaimedDeadLetter): Promise<Fault | undefined> {
    try {
      await this.amqp.handle(routing_key, body, {
        contentType: content_type ?? undefined,
        contentEncoding: content_encoding ?? undefined,
        headers: JSON.parse(headers) as Headers,
      });
      return undefined;
    } catch (error) {
      const fault = faultOf(error);
      if (fault.kind === 'unexpected') this.logger.error({ err: error }, 'unexpected error');
      return fault;
    }
  }
}

const SIMULATION_WITHIN_BYTES = 64 * 1024;

function noSuchDeadLetter(): AppError {
  return new AppError('notFound', 'Dead letter not found');
}

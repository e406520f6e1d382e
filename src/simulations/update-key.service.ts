import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError } from '../errors/app-error.js';
import { GroupedCalls } from '../ingest/grouped-calls.js';
import { Database, listValue, PreparedStatement } from '../prisma/database.js';
import { FailureThrottle } from '../throttle/failure-throttle.js';

/** A simulation whose update key was shown. */
export interface AuthorizedSimulation {
  readonly id: number;
  readonly jobId: string;
}

interface KeyHolder extends AuthorizedSimulation {
  readonly hash: Buffer;
}

const FIND_KEYS = new PreparedStatement(
  'update keys',
  `SELECT id, job_id, update_key_hash FROM simulation
    WHERE job_id = ANY(${listValue(1, 'text')}) OR id = ANY(${listValue(2, 'int')})`,
);
const UNKNOWN_KEY_HASH = randomBytes(32);
const REFUSAL = 'Wrong update_key, or no simulation with this simulation_id';

/** Owns the update keys: made here, kept as SHA-256 (they are random, so a slow hash would add nothing), compared in constant time. */
@Injectable()
export class UpdateKeyService {
  private readonly failures = new FailureThrottle();
  private readonly lookups = new GroupedCalls((ids: readonly (string | number)[]) => this.find(ids));

  constructor(private readonly database: Database) {}

  /** 256 random bits as 43 characters A-Z a-z 0-9 - _. */
  static generate(): string {
    return randomBytes(32).toString('base64url');
  }

  static hash(updateKey: string): Buffer {
    return hash('sha256', updateKey, 'buffer');
  }

  /**
   * The simulation that this key is for. Throws `wrongKey`, `unknownSimulation` or `deletedSimulation` (over HTTP all
   * the same answer), or `throttled` after too many failures of `sender` within a minute; a right key always passes.
   */
  async authorize(simulationId: string | number, updateKey: string, sender?: string): Promise<AuthorizedSimulation> {
    const found = await this.lookups.call(simulationId);
    const isRight = timingSafeEqual(UpdateKeyService.hash(updateKey), found?.hash ?? UNKNOWN_KEY_HASH);
    if (found !== undefined && isRight) return { id: found.id, jobId: found.jobId };
    if (sender !== undefined) this.countFailure(sender);
    const kind =
      found !== undefined
        ? 'wrongKey'
        : (await this.isDeleted(simulationId))
          ? 'deletedSimulation'
          : 'unknownSimulation';
    throw new AppError(kind, REFUSAL, undefined, simulationId);
  }

  private countFailure(sender: string): void {
    const retryAfter = this.failures.fail(sender);
    if (retryAfter !== undefined) {
      throw new AppError('throttled', 'Too many wrong update keys from this address, try again later', retryAfter);
    }
  }

  /** The simulations of these ids, undefined where there is none. */
  private async find(ids: readonly (string | number)[]): Promise<(KeyHolder | undefined)[]> {
    const { rows } = await this.database.query<{ id: number; job_id: string; update_key_hash: Buffer }>(
      FIND_KEYS.with([
        ids.filter((id) => typeof id === 'string'),
        ids.filter((id) => typeof id === 'number' && !isBeyondIds(id)),
      ]),
    );
    const found = new Map<string | number, KeyHolder>();
    for (const { id, job_id: jobId, update_key_hash: hash } of rows) {
      found.set(id, { id, jobId, hash }).set(jobId, { id, jobId, hash });
    }
    return ids.map((id) => found.get(id));
  }

  private async isDeleted(simulationId: string | number): Promise<boolean> {
    if (isBeyondIds(simulationId)) return false;
    const column = typeof simulationId === 'string' ? 'job_id' : 'simulation_id';
    const { rowCount } = await this.database.query(`SELECT 1 FROM deleted_job WHERE ${column} = $1`, [simulationId]);
    return rowCount !== 0;
  }
}

/** A sim_id may be any 53-bit integer; the column holds 31 bits. */
function isBeyondIds(simulationId: string | number): boolean {
  return typeof simulationId === 'number' && simulationId > 2_147_483_647;
}

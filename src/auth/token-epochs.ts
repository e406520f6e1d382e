import type { Database, Queryable } from '../prisma/database.js';
import { TOKEN_LIFETIME } from './domain/token-claims.js';

/** Where a raised epoch is announced to all instances on this database: `<user id>:<epoch>`, sent at COMMIT. */
export const EPOCH_CHANNEL = 'tallyhouse_token_epoch';
/** Older changes concern no token that could still be in its lifetime; ten minutes for clocks that differ. */
export const EPOCH_MEMORY_SECONDS = TOKEN_LIFETIME.refresh + 600;

/** A user's tokens made before this epoch are void. */
export interface UserEpoch {
  readonly userId: number;
  readonly epoch: number;
}

type Statements = Pick<Database, 'query'>;

/**
 * Ends the tokens of a user up to epoch `seen`, in one statement with its announcement. Undefined where they had
 * ended already or there is no such user.
 */
export async function endEpoch(database: Statements, userId: number, seen: number): Promise<UserEpoch | undefined> {
  const { rows } = await database.query<{ epoch: number }>(
    `WITH raised AS (
       UPDATE "user" SET token_epoch = $2::integer + 1, token_epoch_changed_at = now()
       WHERE id = $1 AND token_epoch <= $2 RETURNING id, token_epoch)
     SELECT token_epoch AS epoch, pg_notify($3, id || ':' || token_epoch) FROM raised`,
    [userId, seen, EPOCH_CHANNEL],
  );
  return rows[0] && { userId, epoch: rows[0].epoch };
}

/** Stores a new password hash in the place of `oldHash` and ends all tokens, as above. Undefined where it was changed meanwhile. */
export async function replacePasswordHash(
  database: Statements,
  userId: number,
  oldHash: string,
  newHash: string,
): Promise<UserEpoch | undefined> {
  const { rows } = await database.query<{ epoch: number }>(
    `WITH raised AS (
       UPDATE "user" SET password_hash = $3, token_epoch = token_epoch + 1, token_epoch_changed_at = now()
       WHERE id = $1 AND password_hash = $2 RETURNING id, token_epoch)
     SELECT token_epoch AS epoch, pg_notify($4, id || ':' || token_epoch) FROM raised`,
    [userId, oldHash, newHash, EPOCH_CHANNEL],
  );
  return rows[0] && { userId, epoch: rows[0].epoch };
}

/** A user's epoch, undefined where there is no such user. */
export async function currentEpoch(database: Statements, userId: number): Promise<number | undefined> {
  const sql = 'SELECT token_epoch AS epoch FROM "user" WHERE id = $1';
  return (await database.query<{ epoch: number }>(sql, [userId])).rows[0]?.epoch;
}

/** The epochs that were raised recently enough to matter. */
export async function recentEpochs(connection: Queryable): Promise<UserEpoch[]> {
  const { rows } = await connection.query<UserEpoch>(
    `SELECT id AS "userId", token_epoch AS epoch FROM "user"
     WHERE token_epoch_changed_at > now() - make_interval(secs => $1)`,
    [EPOCH_MEMORY_SECONDS],
  );
  return rows;
}

/** Reads an announcement; undefined where it is none. */
export function parseAnnouncement(payload: string | undefined): UserEpoch | undefined {
  const [, userId, epoch] = /^(\d{1,10}):(\d{1,10})$/.exec(payload ?? '') ?? [];
  return userId === undefined || epoch === undefined ? undefined : { userId: Number(userId), epoch: Number(epoch) };
}

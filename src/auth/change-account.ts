import type { Queryable } from '../prisma/database.js';
import { EPOCH_CHANNEL, type UserEpoch } from './token-epochs.js';

/** A user's account, as it stands while it is locked. */
export interface LockedAccount {
  readonly id: number;
  readonly username: string;
  readonly roles: readonly string[];
  readonly disabled: boolean;
}

/** What becomes of an account; what is left out stays. */
export interface AccountChange {
  readonly roles?: readonly string[];
  readonly disabled?: boolean;
  readonly passwordHash?: string;
  /** Whether the user's tokens end. */
  readonly endsTokens: boolean;
}

/**
 * Locks the accounts of all admins who may act, always in the same order, so that two of them can't shut each other out
 * at once. False where `adminId` is not among them any more.
 */
export async function lockAdmins(tx: Queryable, adminId: number): Promise<boolean> {
  const { rows } = await tx.query<{ id: number }>(
    `SELECT id FROM "user" WHERE 'admin' = ANY(roles) AND disabled_at IS NULL ORDER BY id FOR NO KEY UPDATE`,
  );
  return rows.some(({ id }) => id === adminId);
}

/** Locks an account until the end of the transaction; undefined where there is none of this number. */
export async function lockAccount(tx: Queryable, userId: number): Promise<LockedAccount | undefined> {
  const { rows } = await tx.query<LockedAccount>(
    `SELECT id, username, coalesce(roles, '{}') AS roles, disabled_at IS NOT NULL AS disabled
       FROM "user" WHERE id = $1::bigint FOR NO KEY UPDATE`,
    [userId],
  );
  return rows[0];
}

/** Changes an account; where its tokens end, that is announced to all instances at COMMIT, and the new epoch returned. */
export async function changeAccount(
  tx: Queryable,
  userId: number,
  { roles, disabled, passwordHash, endsTokens }: AccountChange,
): Promise<UserEpoch | undefined> {
  const { rows } = await tx.query<{ epoch: number }>(
    `WITH changed AS (
       UPDATE "user" SET
         roles = coalesce($2::text[], roles),
         disabled_at = CASE WHEN $3::boolean IS NULL THEN disabled_at WHEN $3 THEN coalesce(disabled_at, now()) END,
         password_hash = coalesce($4::text, password_hash),
         token_epoch = token_epoch + $5::boolean::integer,
         token_epoch_changed_at = CASE WHEN $5 THEN now() ELSE token_epoch_changed_at END
       WHERE id = $1 RETURNING id, token_epoch)
     SELECT token_epoch AS epoch, pg_notify($6, id || ':' || token_epoch) FROM changed WHERE $5`,
    [userId, roles ?? null, disabled ?? null, passwordHash ?? null, endsTokens, EPOCH_CHANNEL],
  );
  return rows[0] && { userId, epoch: rows[0].epoch };
}

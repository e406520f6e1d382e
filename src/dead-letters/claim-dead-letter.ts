import { storable } from './domain/storable-text.js';
import type { Queryable } from '../prisma/database.js';

/** What a replay needs of a dead letter. */
export interface ClaimedDeadLetter {
  readonly routing_key: string;
  readonly content_type: string | null;
  readonly content_encoding: string | null;
  readonly headers: string;
  readonly body: Buffer;
}

/** A replay takes seconds at most; after so long whoever claimed it must be gone. */
const CLAIM = '5 minutes';

/** Takes one that was not replayed for oneself; undefined where it is gone, was replayed, or somebody else is at it. */
export async function claimDeadLetter(db: Queryable, id: number): Promise<ClaimedDeadLetter | undefined> {
  const { rows } = await db.query<ClaimedDeadLetter>(
    `UPDATE dead_letter SET claimed_until = now() + interval '${CLAIM}'
      WHERE id = $1 AND replayed_at IS NULL AND (claimed_until IS NULL OR claimed_until < now())
      RETURNING routing_key, content_type, content_encoding, headers, body`,
    [id],
  );
  return rows[0];
}

/** Ends a claim: it has been applied. */
export async function markReplayed(db: Queryable, id: number): Promise<void> {
  await db.query('UPDATE dead_letter SET replayed_at = now(), claimed_until = NULL WHERE id = $1', [id]);
}

/** Ends a claim: it failed again, for this reason. */
export async function markFailed(db: Queryable, id: number, reason: string, error: string): Promise<void> {
  await db.query(
    `UPDATE dead_letter SET reason = $2, error = $3, attempts = attempts + 1, last_at = now(), claimed_until = NULL
      WHERE id = $1`,
    [id, reason, storable(error)],
  );
}

/** Ends a claim without an attempt having been made. */
export async function release(db: Queryable, id: number): Promise<void> {
  await db.query('UPDATE dead_letter SET claimed_until = NULL WHERE id = $1', [id]);
}

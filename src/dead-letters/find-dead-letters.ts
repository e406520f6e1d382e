import type { Queryable } from '../prisma/database.js';

/** Which dead letters; what is undefined does not matter. */
export interface DeadLetterFilter {
  readonly ids?: readonly number[] | undefined;
  readonly reasons?: readonly string[] | undefined;
  readonly routingKeys?: readonly string[] | undefined;
  /** As the body names it: job_id or sim_id. */
  readonly simulation?: string | undefined;
  /** Those that were replayed, or those that were not. */
  readonly replayed?: boolean | undefined;
  /** Last attempt from this moment on, and before that one. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** A dead letter without its body. */
export interface StoredDeadLetter {
  readonly id: string;
  readonly routing_key: string;
  readonly reason: string;
  readonly error: string;
  readonly attempts: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly simulation: string | null;
  readonly content_type: string | null;
  readonly content_encoding: string | null;
  readonly bytes: number;
  readonly stored_at: Date;
  readonly replayed_at: Date | null;
}

/** A dead letter, whole. */
export interface WholeDeadLetter extends StoredDeadLetter {
  readonly headers: string;
  readonly body: Buffer;
}

const COLUMNS = `id, routing_key, reason, error, attempts, first_at, last_at, simulation, content_type, content_encoding,
  octet_length(body) AS bytes, stored_at, replayed_at`;

const MATCHES = `($1::bigint[] IS NULL OR id = ANY($1)) AND ($2::text[] IS NULL OR reason = ANY($2))
  AND ($3::text[] IS NULL OR routing_key = ANY($3)) AND ($4::text IS NULL OR simulation = $4)
  AND ($5::boolean IS NULL OR (replayed_at IS NOT NULL) = $5)
  AND ($6::timestamptz IS NULL OR last_at >= $6) AND ($7::timestamptz IS NULL OR last_at < $7)`;

function parameters(filter: DeadLetterFilter): unknown[] {
  const { ids, reasons, routingKeys, simulation, replayed, since, until } = filter;
  return [ids, reasons, routingKeys, simulation, replayed, since, until].map((value) => value ?? null);
}

/** Dead letters, newest first, beginning behind the number `before`. */
export async function findDeadLetters(
  db: Queryable,
  filter: DeadLetterFilter,
  { limit, before }: { readonly limit: number; readonly before: number | undefined },
): Promise<StoredDeadLetter[]> {
  const { rows } = await db.query<StoredDeadLetter>(
    `SELECT ${COLUMNS} FROM dead_letter WHERE ${MATCHES} AND ($8::bigint IS NULL OR id < $8) ORDER BY id DESC LIMIT $9`,
    [...parameters(filter), before ?? null, limit],
  );
  return rows;
}

/** One of them with its body, undefined where there is none. */
export async function findDeadLetter(db: Queryable, id: number): Promise<WholeDeadLetter | undefined> {
  const { rows } = await db.query<WholeDeadLetter>(`SELECT ${COLUMNS}, headers, body FROM dead_letter WHERE id = $1`, [
    id,
  ]);
  return rows[0];
}

/** Numbers of those that match, oldest first, beginning behind `after`. */
export async function findNumbers(
  db: Queryable,
  filter: DeadLetterFilter,
  { limit, after }: { readonly limit: number; readonly after: number },
): Promise<number[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM dead_letter WHERE ${MATCHES} AND id > $8 ORDER BY id LIMIT $9`,
    [...parameters(filter), after, limit],
  );
  return rows.map(({ id }) => Number(id));
}

/** How many match beyond the number `after`. */
export async function countDeadLetters(db: Queryable, filter: DeadLetterFilter, after = 0): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM dead_letter WHERE ${MATCHES} AND id > $8`,
    [...parameters(filter), after],
  );
  return rows[0]?.count ?? 0;
}

/** Removes those that match and that nobody is replaying; gives their numbers. */
export async function deleteDeadLetters(db: Queryable, filter: DeadLetterFilter): Promise<number[]> {
  const { rows } = await db.query<{ id: string }>(
    `DELETE FROM dead_letter WHERE ${MATCHES} AND (claimed_until IS NULL OR claimed_until < now()) RETURNING id`,
    parameters(filter),
  );
  return rows.map(({ id }) => Number(id)).sort((a, b) => a - b);
}

import type { Queryable } from '../prisma/database.js';

/** A part of all users, newest first; what is undefined does not matter. */
export interface UsersRequest {
  readonly limit: number;
  /** Only users with a smaller number. */
  readonly before?: number | undefined;
  /** Only this one. */
  readonly userId?: number;
  /** A part of the user name, in any case. */
  readonly username?: string | undefined;
  readonly isAdmin?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

/** A user as admins see it. */
export interface FoundUser {
  readonly id: number;
  readonly username: string;
  readonly roles: string[];
  readonly disabled: boolean;
  readonly created_at: Date;
  /** How many simulations are the user's. */
  readonly simulations: number;
}

/** Finds users; their simulations are counted only for those that are returned. */
export async function findUsers(db: Queryable, request: UsersRequest): Promise<FoundUser[]> {
  const { rows } = await db.query<FoundUser>(
    `SELECT u.*, (SELECT count(*)::int FROM simulation s WHERE s.owner_id = u.id) AS simulations
       FROM (SELECT id, username, coalesce(roles, '{}') AS roles, disabled_at IS NOT NULL AS disabled, created_at
               FROM "user"
              WHERE ($1::int IS NULL OR id < $1) AND ($2::bigint IS NULL OR id = $2)
                AND ($3::text IS NULL OR strpos(lower(username), lower($3)) > 0)
                AND ($4::boolean IS NULL OR $4 = coalesce('admin' = ANY(roles), false))
                AND ($5::boolean IS NULL OR $5 = (disabled_at IS NOT NULL))
              ORDER BY id DESC LIMIT $6) u
      ORDER BY id DESC`,
    [
      request.before ?? null,
      request.userId ?? null,
      request.username ?? null,
      request.isAdmin ?? null,
      request.disabled ?? null,
      request.limit,
    ],
  );
  return rows;
}

import type { Queryable } from '../prisma/database.js';
import type { AuditAction } from './domain/audit-action.js';

/** A part of the audit log, newest first; what is undefined does not matter. */
export interface AuditRequest {
  readonly limit: number;
  /** Only entries with a smaller number. */
  readonly before: number | undefined;
  /** The user name of the admin. */
  readonly admin: string | undefined;
  readonly actions: readonly AuditAction[] | undefined;
  readonly subject: string | undefined;
  /** From this moment on, and before that one. */
  readonly since: Date | undefined;
  readonly until: Date | undefined;
}

/** An entry of the audit log as it is stored. */
export interface StoredAuditEntry {
  readonly id: string;
  readonly at: Date;
  readonly admin_id: number;
  readonly admin_name: string;
  readonly action: AuditAction;
  readonly subject: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Reads entries from the newest on. */
export async function findAuditEntries(db: Queryable, request: AuditRequest): Promise<StoredAuditEntry[]> {
  const { rows } = await db.query<StoredAuditEntry>(
    `SELECT id, at, admin_id, admin_name, action, subject, details
       FROM audit_log
      WHERE ($1::bigint IS NULL OR id < $1) AND ($2::text IS NULL OR admin_name = $2)
        AND ($3::text[] IS NULL OR action = ANY($3)) AND ($4::text IS NULL OR subject = $4)
        AND ($5::timestamptz IS NULL OR at >= $5) AND ($6::timestamptz IS NULL OR at < $6)
      ORDER BY id DESC LIMIT $7`,
    [
      request.before ?? null,
      request.admin ?? null,
      request.actions ?? null,
      request.subject ?? null,
      request.since ?? null,
      request.until ?? null,
      request.limit,
    ],
  );
  return rows;
}

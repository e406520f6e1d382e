import { Injectable } from '@nestjs/common';
import { Database, type Queryable } from '../prisma/database.js';
import type { AuditAction } from './domain/audit-action.js';
import { AuditAnswer } from './dto/audit-answer.js';
import { type AuditRequest, findAuditEntries } from './find-audit-entries.js';

/** What an admin did, and to whom or what. */
export interface AuditEntry {
  readonly admin: { readonly id: number; readonly username: string };
  readonly action: AuditAction;
  /** The user name, job_id or number of what it was done to. */
  readonly subject: string;
  /** What helps to understand it later. Never a password, key or token. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Owns the audit log: what admins did to others, written in the transaction in which they did it. */
@Injectable()
export class AuditService {
  constructor(private readonly database: Database) {}

  /** Writes an entry. @param db the transaction of the deed, so that there is never one without the other */
  async record(db: Queryable, { admin, action, subject, details = {} }: AuditEntry): Promise<void> {
    await db.query(
      'INSERT INTO audit_log (admin_id, admin_name, action, subject, details) VALUES ($1, $2, $3, $4, $5)',
      [admin.id, admin.username, action, subject, JSON.stringify(details)],
    );
  }

  /** A part of the log; one entry more than asked for is read, to know whether there are more. */
  async list(request: AuditRequest): Promise<AuditAnswer> {
    const read = await findAuditEntries(this.database, { ...request, limit: request.limit + 1 });
    return AuditAnswer.of(read, request.limit);
  }
}

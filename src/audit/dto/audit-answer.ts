import { ApiProperty } from '@nestjs/swagger';
import { paged } from '../../http/paged-query.js';
import { AUDIT_ACTIONS, type AuditAction } from '../domain/audit-action.js';
import type { StoredAuditEntry } from '../find-audit-entries.js';

class AuditEntryAnswer {
  @ApiProperty({ type: 'integer', example: 7 })
  id!: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-25T12:00:00.000Z' })
  at!: string;

  @ApiProperty({ type: 'integer', example: 1, description: "The admin's number" })
  admin_id!: number;

  @ApiProperty({ example: 'admin', description: "The admin's user name at that time" })
  admin!: string;

  @ApiProperty({ enum: AUDIT_ACTIONS, example: 'simulation.delete' })
  action!: AuditAction;

  @ApiProperty({ example: 'demo', description: 'User name, job_id, or number of what it was done to' })
  subject!: string;

  @ApiProperty({ type: 'object', additionalProperties: true, example: { sim_id: 1, owner: 'demo' } })
  details!: Readonly<Record<string, unknown>>;
}

/** The answer of GET /admin/audit-log. */
export class AuditAnswer {
  @ApiProperty({ example: 'Audit log' })
  message!: string;

  @ApiProperty({ type: [AuditEntryAnswer] })
  entries!: AuditEntryAnswer[];

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Pass it as `cursor`; null at the end' })
  next_cursor!: string | null;

  /** @param read one more than `limit` where there are more */
  static of(read: readonly StoredAuditEntry[], limit: number): AuditAnswer {
    const { shown, next_cursor } = paged(read, limit, ({ id }) => id);
    const entries = shown.map(({ id, at, admin_name, ...rest }) => ({
      id: Number(id),
      at: at.toISOString(),
      admin_id: rest.admin_id,
      admin: admin_name,
      action: rest.action,
      subject: rest.subject,
      details: rest.details,
    }));
    return { message: 'Audit log', entries, next_cursor };
  }
}

import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';
import { PagedQuery } from '../../http/paged-query.js';
import { readChoices } from '../../http/query-choices.js';
import { readTime, TIME_FORM } from '../../http/query-time.js';
import { IsPlainText } from '../../validation/is-plain-text.decorator.js';
import { AUDIT_ACTIONS } from '../domain/audit-action.js';
import type { AuditRequest } from '../find-audit-entries.js';

/** Which entries of the audit log. */
export class AuditQuery extends PagedQuery {
  @ApiPropertyOptional({ type: String, description: "The admin's user name, exactly" })
  @IsOptional()
  @IsPlainText(1, 64)
  admin: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: `Comma-separated; of ${AUDIT_ACTIONS.join(', ')}` })
  @IsOptional()
  @IsString({ message: 'must be a comma-separated list of actions' })
  action: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: 'What it was done to: a user name, job_id or number, exactly' })
  @IsOptional()
  @IsPlainText(1, 1_024)
  subject: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: `From this moment on (${TIME_FORM})` })
  @IsOptional()
  @IsString({ message: 'must be a time' })
  since: string | undefined = undefined;

  @ApiPropertyOptional({ type: String, description: `Before this moment (${TIME_FORM})` })
  @IsOptional()
  @IsString({ message: 'must be a time' })
  until: string | undefined = undefined;

  /** What it asks for. Throws `invalid`. */
  request(): AuditRequest {
    return {
      limit: this.readLimit(),
      before: this.readCursor(Number.MAX_SAFE_INTEGER),
      admin: this.admin,
      actions: readChoices('action', this.action, AUDIT_ACTIONS),
      subject: this.subject,
      since: readTime('since', this.since),
      until: readTime('until', this.until),
    };
  }
}

import type { AuditEntry, AuditService } from '../audit/audit.service.js';
import type { Transaction } from '../prisma/database.js';
import type { Viewer, VisibleSimulation } from './simulation-access.service.js';

/**
 * Writes into the audit log what an admin does to a simulation of somebody else, in the transaction of the deed. What
 * owners do to their own is nobody's concern.
 */
export async function recordDeed(
  tx: Transaction,
  audit: AuditService,
  viewer: Viewer,
  { id, jobId, ownerId }: VisibleSimulation,
  action: AuditEntry['action'],
  more: AuditEntry['details'] = {},
): Promise<void> {
  if (viewer.id === ownerId) return;
  const { rows } = await tx.query<{ username: string }>('SELECT username FROM "user" WHERE id = $1', [ownerId]);
  const details = { sim_id: id, owner: rows[0]?.username, ...more };
  await audit.record(tx, { admin: viewer, action, subject: jobId, details });
}

/** What the audit log tells of: deeds of admins that concern others. */
export const AUDIT_ACTIONS = [
  'user.promote',
  'user.demote',
  'user.disable',
  'user.enable',
  'user.reset-password',
  'simulation.cancel',
  'simulation.update-key',
  'simulation.delete',
  'dead-letter.read',
  'dead-letter.replay',
  'dead-letter.discard',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

import type { AuditAction } from '../../audit/domain/audit-action.js';

/** What an admin wants of a user; what is undefined stays as it is. */
export interface WantedChange {
  readonly admin?: boolean | undefined;
  readonly disabled?: boolean | undefined;
}

/** What has to be done for that: nothing where `actions` is empty. */
export interface UserChangePlan {
  readonly actions: readonly AuditAction[];
  readonly roles: readonly string[];
  readonly disabled: boolean;
  /** A token says what its user may do, so whoever may do less from now on needs new ones. */
  readonly endsTokens: boolean;
}

const ADMIN = 'admin';
const TAKES_AWAY: ReadonlySet<AuditAction> = new Set<AuditAction>(['user.demote', 'user.disable']);

/** Plans a change of a user's roles and lock: only what is not so already counts as an action. */
export function planUserChange(
  user: { readonly roles: readonly string[]; readonly disabled: boolean },
  { admin = user.roles.includes(ADMIN), disabled = user.disabled }: WantedChange,
): UserChangePlan {
  const actions: AuditAction[] = [];
  if (admin !== user.roles.includes(ADMIN)) actions.push(admin ? 'user.promote' : 'user.demote');
  if (disabled !== user.disabled) actions.push(disabled ? 'user.disable' : 'user.enable');
  const others = user.roles.filter((role) => role !== ADMIN);
  return {
    actions,
    roles: admin ? [...others, ADMIN] : others,
    disabled,
    endsTokens: actions.some((action) => TAKES_AWAY.has(action)),
  };
}

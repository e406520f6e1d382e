import type { Platform } from '../../dispatch/domain/platform.js';

/** The platform that a list shows: what its submitter runs itself counts as run directly. */
export function platformOf({ platform }: { readonly platform: Platform | null }): Platform {
  return platform ?? 'DIRECT';
}

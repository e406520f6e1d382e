import { PagedQuery } from '../../http/paged-query.js';
import type { FoundStorage, StorageRequest } from '../find-storage.js';

/** Which part of the users by storage. */
export class StorageQuery extends PagedQuery {
  /** What it asks for. Throws `invalid`. */
  request(): StorageRequest {
    return { limit: this.readLimit(), after: this.readPlace() };
  }

  private readPlace(): StorageRequest['after'] {
    if (this.cursor === undefined) return undefined;
    const [, bytes, userId] = /^(\d{1,16})\.(\d{1,10})$/.exec(this.cursor) ?? [];
    if (bytes === undefined || userId === undefined) throw this.wrongCursor();
    const after = { storedBytes: Number(bytes), userId: Number(userId) };
    if (after.storedBytes > Number.MAX_SAFE_INTEGER || after.userId > 2_147_483_647) throw this.wrongCursor();
    return after;
  }
}

/** The cursor that goes on behind this user. */
export function cursorOf({ stored_bytes, user_id }: FoundStorage): string {
  return `${stored_bytes}.${user_id}`;
}

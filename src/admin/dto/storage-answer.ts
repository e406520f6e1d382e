import { ApiProperty } from '@nestjs/swagger';
import { paged } from '../../http/paged-query.js';
import type { FoundStoragePage, StorageSums } from '../find-storage.js';
import { cursorOf } from './storage-query.js';
import { StoredBytes, storedBytes } from './stored-bytes.js';

/** What is stored: all of it together, then its three parts. */
class Usage extends StoredBytes {
  @ApiProperty({ type: 'integer', example: 12 })
  simulations!: number;

  @ApiProperty({ type: 'integer', example: 108 })
  pages!: number;

  @ApiProperty({ type: 'integer', example: 96 })
  log_files!: number;

  @ApiProperty({ type: StoredBytes })
  results!: StoredBytes;

  @ApiProperty({ type: StoredBytes })
  logs!: StoredBytes;

  @ApiProperty({ type: StoredBytes })
  inputs!: StoredBytes;
}

class UserUsage extends Usage {
  @ApiProperty({ type: 'integer', example: 2 })
  user_id!: number;

  @ApiProperty({ example: 'ada' })
  username!: string;
}

/** The answer of GET /admin/storage. */
export class StorageAnswer {
  @ApiProperty({ example: 'Storage' })
  message!: string;

  @ApiProperty({ type: [UserUsage] })
  users!: UserUsage[];

  @ApiProperty({ type: Usage, description: 'Of all users, those of other parts of the list too' })
  totals!: Usage;

  @ApiProperty({ type: String, nullable: true, example: null, description: 'Pass it as `cursor`; null at the end' })
  next_cursor!: string | null;

  /** @param found one user more than `limit` where there are more */
  static of({ users, totals }: FoundStoragePage, limit: number): StorageAnswer {
    const { shown, next_cursor } = paged(users, limit, cursorOf);
    return {
      message: 'Storage',
      users: shown.map((user) => ({ user_id: user.user_id, username: user.username, ...usageOf(user) })),
      totals: usageOf(totals),
      next_cursor,
    };
  }
}

function usageOf(sums: StorageSums): Pick<Usage, keyof Usage> {
  return {
    simulations: sums.simulations,
    pages: sums.pages,
    log_files: sums.log_files,
    ...storedBytes(sums.stored_bytes, sums.raw_bytes),
    results: storedBytes(sums.results_stored, sums.results_raw),
    logs: storedBytes(sums.logs_stored, sums.logs_raw),
    inputs: storedBytes(sums.inputs_stored, sums.inputs_raw),
  };
}

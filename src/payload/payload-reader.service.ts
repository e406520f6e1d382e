import { Injectable } from '@nestjs/common';
import { BufferPool } from '../json/buffer-pool.js';
import { Database } from '../prisma/database.js';
import type { DatabaseReading } from './resource.js';

/** What one reader may hold of payloads, at least and at most. */
const LEAST_BYTES = 16 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;
/** Eight readers get the most; beyond that all of them together hold the less the more they are. */
const SHARED_BYTES = 8 ** 2 * MOST_BYTES;

/** What may lie here unused for the next reader. */
const POOLED_BYTES = 16 * 1024 * 1024;

/** What readers read with. The more of them there are, the smaller the steps of each, so that many who stall hold little. */
@Injectable()
export class PayloadReaderService {
  private readers = 0;
  private readonly pool = new BufferPool(POOLED_BYTES);
  private readonly windowBytes = (): number =>
    Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(SHARED_BYTES / this.readers ** 2)));

  constructor(private readonly database: Database) {}

  /** Runs `work` as one more reader, from what it finds to what it sends. */
  async reading<T>(work: (reading: DatabaseReading) => Promise<T>): Promise<T> {
    this.readers++;
    try {
      return await work({ db: this.database, pool: this.pool, windowBytes: this.windowBytes });
    } finally {
      this.readers--;
    }
  }
}

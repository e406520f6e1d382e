import { Injectable } from '@nestjs/common';
import { BufferPool } from '../json/buffer-pool.js';
import { Database } from '../prisma/database.js';
import type { Outgoing } from './body-output.js';
import type { Segment } from './segment-list.js';
import { type BodyEncoding, splicedBody } from './spliced-body.js';

/** What one reader may hold of payloads, at least and at most. */
const LEAST_BYTES = 16 * 1024;
const MOST_BYTES = 2 * 1024 * 1024;
/** Eight readers get the most; beyond that all of them together hold the less the more they are. */
const SHARED_BYTES = 8 ** 2 * MOST_BYTES;

/** What may lie here unused for the next reader. */
const POOLED_BYTES = 16 * 1024 * 1024;

/** Turns segments into bytes. The more readers there are, the smaller the steps of each, so that many who stall hold little. */
@Injectable()
export class PayloadReaderService {
  private readers = 0;
  private readonly pool = new BufferPool(POOLED_BYTES);
  private readonly windowBytes = (): number =>
    Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(SHARED_BYTES / this.readers ** 2)));

  constructor(private readonly database: Database) {}

  /** The bytes of a response made of `segments`, in one of the encodings, in portions; no more than a window is held at a time. */
  async *stream(segments: readonly Segment[], encoding: BodyEncoding): AsyncGenerator<Outgoing> {
    this.readers++;
    try {
      yield* splicedBody({ db: this.database, pool: this.pool, windowBytes: this.windowBytes }, segments, encoding);
    } finally {
      this.readers--;
    }
  }
}

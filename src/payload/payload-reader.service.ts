import { Injectable } from '@nestjs/common';
import { Database } from '../prisma/database.js';
import { type BodyEncoding, type Segment, splicedBody } from './spliced-body.js';

/** Turns segments into bytes. */
@Injectable()
export class PayloadReaderService {
  constructor(private readonly database: Database) {}

  /** The bytes of a response made of `segments`, in one of the encodings; nothing large is held at a time. */
  stream(segments: readonly Segment[], encoding: BodyEncoding): AsyncGenerator<Buffer> {
    return splicedBody(this.database, segments, encoding);
  }
}

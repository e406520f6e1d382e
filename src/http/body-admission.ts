import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';

/** What a body is taken to need at first; nearly all, the updates of tasks, never need more. */
export const SMALL_BODY_BYTES = 64 * 1024;
/** What one needs that turned out to be larger: scanner, zlib streams, and a spool that goes to disk beyond it. */
const LARGE_BODY_BYTES = 16 * 1024 * 1024;
const RETRY_AFTER_SECONDS = 1;

/** A body's share of the memory for bodies in flight. */
export interface BodyLease {
  /** More than SMALL_BODY_BYTES have come. Throws `unavailable` where that is too much now. */
  grow(): void;
}

/** Owns the memory for bodies in flight: what does not fit is told to come again, and health is never in its way. */
@Injectable()
export class BodyAdmission {
  private used = 0;

  constructor(@Inject(CONFIG) private readonly config: ServiceConfig) {}

  /** Takes a share for the body of a request, until its answer is done or the client gone. Throws `unavailable`. */
  admit(request: IncomingMessage, answer: ServerResponse): void {
    let held = this.take(SMALL_BODY_BYTES);
    leases.set(request, {
      grow: () => {
        if (held < LARGE_BODY_BYTES) held += this.take(LARGE_BODY_BYTES - held);
      },
    });
    answer.once('close', () => {
      this.used -= held;
      held = LARGE_BODY_BYTES; // From now on nothing is taken any more.
    });
  }

  private take(bytes: number): number {
    if (this.used + bytes > this.config.ingestMemoryBytes) {
      throw new AppError('unavailable', 'Too many bodies at once, try again shortly', RETRY_AFTER_SECONDS);
    }
    this.used += bytes;
    return bytes;
  }
}

const leases = new WeakMap<IncomingMessage, BodyLease>();

/** The share of a request's body; undefined where it has none. */
export function leaseOf(request: FastifyRequest): BodyLease | undefined {
  return leases.get(request.raw);
}

import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, type ServiceConfig } from '../config/config.module.js';
import { AppError } from '../errors/app-error.js';
import { hasBody } from './has-body.js';

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

  /** Takes a share, until `release`. Throws `unavailable`. */
  lease(): BodyLease & { release(): void } {
    let held = this.take(SMALL_BODY_BYTES);
    return {
      grow: () => {
        if (held < LARGE_BODY_BYTES) held += this.take(LARGE_BODY_BYTES - held);
      },
      release: () => {
        this.used -= held;
        held = 0;
      },
    };
  }

  private take(bytes: number): number {
    if (this.used + bytes > this.config.ingestMemoryBytes) {
      throw new AppError('unavailable', 'Too many bodies at once, try again shortly', RETRY_AFTER_SECONDS);
    }
    this.used += bytes;
    return bytes;
  }
}

const leases = new WeakMap<object, BodyLease>();

/** Gives every request that has a body its share, before anything of it is read. */
@Injectable()
export class BodyAdmissionGuard implements CanActivate {
  constructor(private readonly admission: BodyAdmission) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (!hasBody(request)) return true;
    const lease = this.admission.lease();
    leases.set(request.raw, lease);
    const { raw } = context.switchToHttp().getResponse<FastifyReply>();
    raw.once('close', () => lease.release());
    return true;
  }
}

/** The share of a request's body; undefined where it has none. */
export function leaseOf(request: FastifyRequest): BodyLease | undefined {
  return leases.get(request.raw);
}

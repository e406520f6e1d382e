import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { requireJson } from '../ingest/media-type.js';
import { BodyAdmission } from './body-admission.js';
import { hasBody } from './has-body.js';
import { replyOf, requestOf } from './http-context.js';

/**
 * The first check of all: a body that is there must be JSON in UTF-8, as it is or compressed in a way we know, and gets its
 * share of memory before anything of it is read.
 */
@Injectable()
export class BodyGuard implements CanActivate {
  constructor(private readonly admission: BodyAdmission) {}

  canActivate(context: ExecutionContext): boolean {
    const request = requestOf(context);
    if (!hasBody(request)) return true;
    requireJson(request.headers['content-type'], request.headers['content-encoding']);
    this.admission.admit(request.raw, replyOf(context).raw);
    return true;
  }
}

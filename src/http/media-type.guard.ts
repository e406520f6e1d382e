import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../errors/app-error.js';
import { REQUEST_ENCODINGS } from './incoming-body.js';

/** The first check of all: a body that is there must be JSON in UTF-8, as it is or compressed in a way we know. */
@Injectable()
export class MediaTypeGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<FastifyRequest>();
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
    if (hasBody) requireJson(headers['content-type'], headers['content-encoding']);
    return true;
  }
}

/** Throws `unsupported` where the headers say that the body is anything but JSON in UTF-8. */
export function requireJson(contentType: string | undefined, contentEncoding: string | undefined): void {
  const [type, ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (type !== 'application/json') {
    throw new AppError('unsupported', 'Content-Type: must be application/json');
  }
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (charset !== undefined && !/^charset="?utf-?8"?$/.test(charset)) {
    throw new AppError('unsupported', 'Content-Type: charset must be utf-8');
  }
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity' && !REQUEST_ENCODINGS.includes(encoding)) {
    throw new AppError('unsupported', `Content-Encoding: must be ${REQUEST_ENCODINGS.join(' or ')}`);
  }
}

import { AppError } from '../errors/app-error.js';
import { BODY_ENCODINGS } from './inflate.js';

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
  if (encoding !== 'identity' && !BODY_ENCODINGS.includes(encoding)) {
    throw new AppError('unsupported', `Content-Encoding: must be ${BODY_ENCODINGS.join(' or ')}`);
  }
}

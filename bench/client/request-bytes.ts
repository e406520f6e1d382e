import { bytesOf } from '../data/data-set.js';

export interface RequestOptions {
  readonly token?: string;
  /** `identity` if left out. */
  readonly encoding?: 'gzip' | 'identity';
  readonly ifNoneMatch?: string;
}

/** The bytes of a GET. */
export function get(path: string, options: RequestOptions = {}): string[] {
  return [`GET ${path} HTTP/1.1\r\nHost: bench\r\n${fields(options)}\r\n`];
}

/** The bytes of a POST of JSON. */
export function post(path: string, body: readonly Buffer[], options: RequestOptions = {}): (string | Buffer)[] {
  return write('POST', path, body, options);
}

/** The bytes of a request that has a body of JSON. */
export function write(
  method: 'POST' | 'PUT',
  path: string,
  body: readonly Buffer[],
  options: RequestOptions = {},
): (string | Buffer)[] {
  const length = `Content-Type: application/json\r\nContent-Length: ${bytesOf(body)}\r\n`;
  return [`${method} ${path} HTTP/1.1\r\nHost: bench\r\n${fields(options)}${length}\r\n`, ...body];
}

function fields({ token, encoding = 'identity', ifNoneMatch }: RequestOptions): string {
  const lines = [`Accept-Encoding: ${encoding}`];
  if (token !== undefined) lines.push(`Authorization: Bearer ${token}`);
  if (ifNoneMatch !== undefined) lines.push(`If-None-Match: ${ifNoneMatch}`);
  return lines.map((line) => `${line}\r\n`).join('');
}

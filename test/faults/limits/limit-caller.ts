import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Encoding, SizedBody } from './sized-body.js';

export interface CallerAnswer {
  readonly status: number;
  /** The JSON; `{}` where there is none. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface LimitCall {
  readonly method?: string;
  readonly token?: string | undefined;
  readonly body?: SizedBody | undefined;
  readonly encoding?: Encoding;
  /** The URL is cut, so that it and the headers' names and values have so many bytes. */
  readonly headBytes?: number | undefined;
}

/** Sends one request, its body as it is made, and reads the answer, which may come before all of it was sent. */
export async function callWithin(url: string, options: LimitCall): Promise<CallerAnswer> {
  const { method = 'GET', token, body, encoding = 'identity', headBytes } = options;
  const address = new URL(url);
  const headers: Record<string, string> = {
    host: address.host,
    connection: 'close',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(encoding === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
    ...(body !== undefined && encoding === 'identity' ? { 'content-length': String(body.bytes) } : {}),
  };
  const path = `${address.pathname}${address.search}`;
  const room = (headBytes ?? Infinity) - Object.entries(headers).flat().join('').length;
  return new Promise((resolve, reject) => {
    const options = { host: address.hostname, port: address.port, path: path.slice(0, room), method, headers };
    const outgoing = request({ ...options, agent: false }, (answer) => {
      text(answer).then((words) => {
        resolve({ status: answer.statusCode ?? 0, json: jsonOf(words) });
      }, reject);
    });
    outgoing.once('error', reject);
    if (body === undefined) outgoing.end();
    else body.stream(encoding).once('error', reject).pipe(outgoing);
  });
}

function jsonOf(words: string): CallerAnswer['json'] {
  try {
    return JSON.parse(words) as CallerAnswer['json'];
  } catch {
    return {};
  }
}

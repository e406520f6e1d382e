import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from './demo-error.js';

/** How long one request may take, and how long and how often an overloaded or restarting server is waited for. */
const REQUEST_TIMEOUT_MS = 60_000;
const LONGEST_WAIT_S = 30;
const ATTEMPTS = 8;

export interface PostOptions {
  body?: unknown;
  /** An access token for `Authorization: Bearer`. */
  token?: string;
  signal: AbortSignal;
}

/** The status and the JSON object of an answer; an answer that is no JSON object counts as an empty one. */
export interface JsonAnswer {
  status: number;
  body: Record<string, unknown>;
}

/**
 * Posts JSON and reads the JSON answer, whatever its status; a `503` is repeated after its `Retry-After`.
 * Throws a DemoError where no server answers, and the signal's reason where it is aborted.
 */
export async function postJson(url: URL, options: PostOptions): Promise<JsonAnswer> {
  return exchange('POST', url, options);
}

/** The same for reading. */
export async function getJson(url: URL, options: Omit<PostOptions, 'body'>): Promise<JsonAnswer> {
  return exchange('GET', url, options);
}

async function exchange(method: 'GET' | 'POST', url: URL, options: PostOptions): Promise<JsonAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await send(method, url, options);
    if (response.status !== 503 || attempt === ATTEMPTS) return { status: response.status, body: await read(response) };
    await response.body?.cancel();
    await sleep(retryAfter(response) * 1000, undefined, { signal: options.signal });
  }
}

/** Throws a DemoError with the server's own words unless the answer has the expected status. */
export function expectStatus(answer: JsonAnswer, expected: number, action: string): void {
  if (answer.status === expected) return;
  throw new DemoError(`The server refused to ${action}: ${serverMessage(answer)} (HTTP ${answer.status}).`);
}

async function send(method: string, url: URL, options: PostOptions): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      headers: {
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      redirect: 'error', // a redirect would carry keys to a place that nobody named
      signal: AbortSignal.any([options.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw new DemoError(
      `No answer from ${url.origin} (${reason(error)}); start the server with "npm start" or name another with --url.`,
    );
  }
}

async function read(response: Response): Promise<Record<string, unknown>> {
  const body: unknown = await response.json().catch(() => undefined);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

function retryAfter(response: Response): number {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, LONGEST_WAIT_S) : 1;
}

/** `fetch` hides what went wrong in the cause, for several addresses of one name in a list of causes. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const cause: unknown = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  if (cause instanceof Error) return 'code' in cause ? String(cause.code) : cause.message;
  return error.message;
}

function serverMessage(answer: JsonAnswer): string {
  const message = answer.body['message'];
  if (typeof message !== 'string' || message === '') return 'no reason given';
  return message.replace(/\p{Cc}/gu, ' ').slice(0, 300); // control characters would reach the terminal
}

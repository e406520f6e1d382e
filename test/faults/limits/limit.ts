import type { Route } from '../../../src/worker-client/message.js';
import type { Door, Effect } from '../logical-write.js';

/** Members of a body, as JSON without the braces; or the same with so much filling that the whole body has so many bytes. */
export type Content = string | Filled;

export interface Filled {
  readonly before: string;
  /** One byte, as often as it takes. */
  readonly fill: string;
  readonly after: string;
  /** Of the whole body, inflated. */
  readonly bytes: number;
}

interface Sent {
  /** Tells it from the others of its limit. */
  readonly what: string;
  readonly content: Content;
  /** Simulation and key come behind the content. */
  readonly keyLast?: boolean;
  /** Simulation and key are part of the content. */
  readonly isWhole?: boolean;
}

/** A body at a limit or just under it: it is accepted, and read back. */
export interface Within extends Sent {
  /** What the ledger must see again; by the length of the filling. */
  readonly effects?: (fill: number) => readonly Effect[];
  /** What else an answer must hold. */
  readonly reads?: Reading;
}

/** A body just over a limit: it is refused with these words, the same through both doors, and leaves no trace. */
export interface Beyond extends Sent {
  readonly status: 400 | 413;
  /** A part of the message: what is too large, and the limit. */
  readonly error: string;
}

/** A limit of what workers send. */
export interface WorkerLimit {
  readonly name: string;
  readonly route: Route;
  /** Both, unless one of them has a lower limit. */
  readonly doors?: readonly Door[];
  readonly within: readonly Within[];
  readonly beyond: readonly Beyond[];
}

/** A GET whose answer holds at least this. */
export interface Reading {
  /** Behind it comes the simulation. */
  readonly path: string;
  readonly like: unknown;
}

/** A request at or beyond a limit of what users ask for. */
export interface UserRequest {
  readonly what: string;
  readonly as?: 'user' | 'admin' | 'nobody';
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly content?: Content;
  /** So many bytes of names and values its head is cut to, at the end of the URL. */
  readonly headBytes?: number;
  /** Of the answer itself. */
  readonly like?: unknown;
  readonly reads?: Reading;
}

export interface RefusedRequest extends UserRequest {
  readonly status: 400 | 413 | 431;
  readonly error: string;
}

/** A limit of what users and admins send or ask for. */
export interface UserLimit {
  readonly name: string;
  readonly within: readonly UserRequest[];
  readonly beyond: readonly RefusedRequest[];
}

/** The members of an object as JSON, without the braces. */
export function members(object: object): string {
  return JSON.stringify(object).slice(1, -1);
}

/** Whether an answer holds at least what is wanted; of a list, each wanted element somewhere. */
export function holdsAtLeast(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return Object.is(actual, wanted);
  if (typeof actual !== 'object' || actual === null) return false;
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) && wanted.every((one) => actual.some((other) => holdsAtLeast(other, one)));
  }
  return Object.entries(wanted).every(([name, value]) =>
    holdsAtLeast((actual as Record<string, unknown>)[name], value),
  );
}

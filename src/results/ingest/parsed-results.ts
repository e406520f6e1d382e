import type { SpooledPayload } from '../../payload/payload-spool.js';

/** An estimator as it came in a body, its pages checked and compressed. */
export interface ParsedEstimator {
  readonly name: string;
  /** JSON text as sent, or undefined where the body has none. */
  readonly metadata: string | undefined;
  /** Unknown members, as sent: `"key":value,"key":value`. */
  readonly otherMembers: string;
  readonly pages: readonly ParsedPage[];
}

/** A page as it came in either shape. */
export interface ParsedPage {
  readonly shape: 'reference' | 'worker';
  readonly pageNumber: number;
  readonly name: string;
  /** A JSON string literal. */
  readonly unit: string;
  /** Number of bins along each axis. */
  readonly bins: readonly number[];
  readonly metadata: string | undefined;
  readonly dataMembers: string;
  readonly axisMembers: readonly string[];
  readonly otherMembers: string;
  /** SHA-256 of all of the above and of the normalised arrays. */
  readonly digest: Buffer;
  readonly payload: SpooledPayload;
}

import type { Segment } from './spliced-body.js';

/**
 * An answer in JSON, and an opaque text that changes whenever it does (what an ETag is made of); `open` gives the body
 * with the validator of the very snapshot that it is of.
 */
export interface Resource {
  readonly validator: string;
  readonly open: () => Promise<{ readonly validator: string; readonly body: object }>;
}

/** The same for an answer out of stored payloads, which is streamed. */
export interface SplicedResource {
  readonly validator: string;
  readonly open: () => Promise<{ readonly validator: string; readonly segments: Iterable<Segment> }>;
}

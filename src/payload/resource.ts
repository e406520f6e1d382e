import type { Queryable } from '../prisma/database.js';
import type { Segments } from './segment-list.js';
import type { Reading } from './spliced-body.js';

/**
 * An answer as JSON text in UTF-8, and an opaque text that changes whenever it does (what an ETag is made of). `validator` tells the present
 * one, for who has an answer already; `open` gives the body with the validator of the very snapshot that it is of. Both throw
 * `notFound` for what the viewer may not see.
 */
export interface Resource {
  readonly validator: () => Promise<string>;
  readonly open: () => Promise<{ readonly validator: string; readonly text: Buffer }>;
}

/** One of the shapes in which the same data is answered; its name is part of what the ETag is made of. */
export interface AnswerShape<Data, Answer = object> {
  readonly name: string;
  readonly answer: (data: Data) => Answer;
}

/** The same for an answer out of stored payloads, which is streamed. */
export interface SplicedResource {
  readonly validator: () => Promise<string>;
  readonly open: (reading: DatabaseReading) => Promise<OpenedSplice>;
}

export interface OpenedSplice {
  readonly validator: string;
  readonly segments: Segments;
  /** To be called when all was sent, or nothing will be; where it never is, the memory is left to the garbage collector. */
  readonly release?: () => void;
}

/** What a reader reads with, statements of all kinds included. */
export type DatabaseReading = Reading & { readonly db: Queryable };

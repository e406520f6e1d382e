/** What the bench asks of a server of its own, over the channel between the two processes. */
export type Question = { readonly ask: 'settle' | 'begin' | 'usage' | 'record' | 'recorded' };

/** What a server has used. */
export interface Usage {
  /** All threads, user and system; in all of the process's life. */
  readonly processorMs: number;
  /** Delays of the event loop since it was told to begin: 99 of 100 are no longer than this. */
  readonly loopP99Ms: number;
  /** At most 5 ms more than the longest block. */
  readonly loopLongestMs: number;
  /** Messages from the broker, in all of the process's life. */
  readonly acknowledged: number;
}

/** A statement as it went to the database. */
export interface RecordedStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

export type ServerMessage =
  | { readonly is: 'ready'; readonly url: string }
  | { readonly is: 'answer'; readonly usage: Usage; readonly statements: readonly RecordedStatement[] };

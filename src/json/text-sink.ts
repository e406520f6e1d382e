/** Takes the compact text of a value (white space between tokens dropped), piece by piece. */
export interface TextSink {
  /** Bytes `start` to `end` of `bytes`, which is reused afterwards: copy what is to be kept. */
  write(bytes: Buffer, start: number, end: number): void;
  end(): void;
  /** Keep NaN and infinities as sent instead of writing null. */
  readonly keepsNonFinite?: boolean;
  /** Keep lone surrogates as sent instead of writing U+FFFD. */
  readonly keepsSurrogates?: boolean;
}

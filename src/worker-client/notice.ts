/** What the client tells of its work, beside receipts and errors. Never holds a key or a password. */
export interface Notice {
  /** `info`: a try that failed, a wait. `warning`: something was kept. `error`: something was set aside. */
  readonly level: 'info' | 'warning' | 'error';
  readonly text: string;
  /** Which door did not take a message, and why. */
  readonly failed?: { readonly door: 'amqp' | 'http'; readonly reason: string };
}

export type Tell = (notice: Notice) => void;

/** What is done with notices where nothing else is said. */
export function complain({ level, text }: Notice): void {
  if (level !== 'info') process.stderr.write(`${text}\n`);
}

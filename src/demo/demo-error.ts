/** What stops `npm run demo`: one sentence for the user and the exit code of the process. */
export class DemoError extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2 = 1,
  ) {
    super(message);
  }
}

/** Lines are written together, so many characters at a time or after so many milliseconds, since a write for each costs more than the line. */
const BATCHED_CHARACTERS = 32 * 1024;
const BATCHED_MS = 100;

/**
 * Standard output for pino. Its own destination waits for ever where nobody reads the output any more, so that the process
 * could not end; here what can't be written is lost, and the rest goes on.
 */
export class BatchedLines {
  private lines = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly output: NodeJS.WriteStream) {
    output.on('error', () => undefined);
    process.on('exit', () => this.flush());
  }

  write(line: string): void {
    this.lines += line;
    if (this.lines.length >= BATCHED_CHARACTERS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), BATCHED_MS).unref();
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { lines } = this;
    this.lines = '';
    if (lines !== '' && this.output.writable) this.output.write(lines);
  }
}

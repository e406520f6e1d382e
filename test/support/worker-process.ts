import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';

export interface WorkerEnd {
  readonly code: number | null;
  readonly output: string;
  readonly complaints: string;
}

/** Of the process: it printed a line. */
const PRINTED = 'printed';

/** A process of a simulation worker, as a test starts, feeds and kills it. */
export class WorkerProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private readonly printed: string[] = [];
  private asked = 0;
  /** Resolves once it ended, however. */
  readonly end: Promise<WorkerEnd>;

  /** Starts a program in a folder, with these variables and no others but PATH. */
  constructor(command: string, args: readonly string[], variables: Readonly<Record<string, string>>, folder: string) {
    this.child = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], ...variables },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // One that was killed takes no more input.
    this.child.stdin.on('error', () => undefined);
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.printed.push(line);
      this.child.emit(PRINTED);
    });
    const closed = once(this.child, 'close') as Promise<[number | null]>;
    this.end = Promise.all([closed, text(this.child.stderr)]).then(([[code], complaints]) => ({
      code,
      output: this.printed.join('\n'),
      complaints,
    }));
  }

  /** The lines that it printed so far. */
  get lines(): readonly string[] {
    return this.printed;
  }

  /** The next line that nobody asked for yet; undefined where it ended without. */
  async nextLine(): Promise<string | undefined> {
    const index = this.asked++;
    const ended = this.end.then(() => true);
    while (this.printed.length <= index) {
      const waiting = new AbortController();
      const printed = once(this.child, PRINTED, { signal: waiting.signal }).then(
        () => false,
        () => true,
      );
      const isOver = await Promise.race([printed, ended]);
      waiting.abort();
      if (isOver) return this.printed[index];
    }
    return this.printed[index];
  }

  /** Writes to its standard input, and ends that. */
  feed(input: string): this {
    this.child.stdin.end(input);
    return this;
  }

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** Asks it to end; resolves once it has. */
  async stop(): Promise<WorkerEnd> {
    this.child.kill('SIGTERM');
    return this.end;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { childEnvironment } from '../config/child-environment.js';

/** Whoever does not end by SIGTERM within this time is killed. */
const END_MS = 20_000;

/** A process that the demo starts and ends: in a group of its own, so that Ctrl-C reaches it only through `end`. */
export class StartedProcess {
  private readonly child: ChildProcess;
  private readonly output: string[] = [];
  /** Resolves once it is gone. */
  readonly ended: Promise<void>;

  /** Its output goes to the terminal; `variables` are added to this process's environment. */
  constructor(command: string, args: readonly string[], variables: Readonly<Record<string, string>>) {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    this.child = spawn(command, args, { env: childEnvironment(variables), stdio: [...stdio], detached: true });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      process.stdout.write(text);
      this.output.push(text);
    });
    const exited = once(this.child, 'exit');
    this.ended = exited.then(
      () => undefined,
      () => undefined,
    );
  }

  /** The first group of what its output matches; undefined where it ends before. */
  async printed(pattern: RegExp): Promise<string | undefined> {
    for (;;) {
      const found = pattern.exec(this.output.join(''))?.[1];
      if (found !== undefined) return found;
      const stream = this.child.stdout;
      if (stream === null || this.child.exitCode !== null || this.child.signalCode !== null) return undefined;
      await Promise.race([once(stream, 'data'), this.ended]);
    }
  }

  /** Asks it to end, and kills it where it does not. */
  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    const waiting = new AbortController();
    const late = delay(END_MS, true, { signal: waiting.signal }).catch(() => false);
    if (await Promise.race([this.ended.then(() => false), late])) this.child.kill('SIGKILL');
    waiting.abort();
    await this.ended;
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import type { Question, RecordedStatement, ServerMessage, Usage } from '../server/control-messages.js';

/** The programs that the bench starts. */
export type Main = 'service' | 'bare-fastify' | 'bare-consumer';

/** A server of the bench in a process of its own. */
export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    /** Rejects once it is gone. */
    private readonly ended: Promise<never>,
    readonly url: string,
  ) {}

  /** Resolves once it listens; nothing of our environment is passed on but PATH. Its log goes to a file. */
  static async start(main: Main, env: Readonly<Record<string, string>>, logFile: string): Promise<ServerProcess> {
    const log: FileHandle = await open(logFile, 'a');
    const child = fork(new URL(`../server/${main}-main.js`, import.meta.url), {
      env: { PATH: process.env['PATH'], MALLOC_ARENA_MAX: '2', ...env },
      execArgv: ['--enable-source-maps', '--expose-gc', ...profiling(process.env['BENCH_PROFILE'])],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
      serialization: 'advanced',
    });
    await log.close();
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`the ${main} server ended with ${String(code)}, see ${logFile}`);
    });
    const [message] = (await Promise.race([once(child, 'message'), ended])) as [ServerMessage];
    ended.catch(() => undefined);
    if (message.is !== 'ready') throw new Error(`the ${main} server did not say that it is ready`);
    return new ServerProcess(child, ended, message.url);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** Clears away what lies about. */
  async settle(): Promise<void> {
    await this.ask('settle');
  }

  /** What was used so far; counts the delays of the event loop from here. */
  async begin(): Promise<Usage> {
    return (await this.ask('begin')).usage;
  }

  async usage(): Promise<Usage> {
    return (await this.ask('usage')).usage;
  }

  /** The statements that the database is sent during `work`. */
  async statementsOf(work: () => Promise<unknown>): Promise<readonly RecordedStatement[]> {
    await this.ask('record');
    await work();
    return (await this.ask('recorded')).statements;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    // A profile is written at an orderly end only, and the servers end when the channel does.
    this.child.disconnect();
    const late = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(late);
  }

  private async ask(ask: Question['ask']): Promise<Extract<ServerMessage, { is: 'answer' }>> {
    const answer = once(this.child, 'message') as Promise<[ServerMessage]>;
    this.child.send({ ask } satisfies Question);
    const [message] = await Promise.race([answer, this.ended]);
    if (message.is !== 'answer') throw new Error('not an answer');
    return message;
  }
}

/** Where BENCH_PROFILE names a folder, every server leaves a CPU profile there. */
function profiling(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
}

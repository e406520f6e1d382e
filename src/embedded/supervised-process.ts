import { spawn } from 'node:child_process';

/** One step of ending a child: the signal, and the seconds it is given before the next step. */
export interface EndingStep {
  readonly signal: 'INT' | 'TERM' | 'QUIT';
  readonly seconds: number;
}

export interface SupervisedProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; nothing of ours is inherited, so no secret of ours leaks into it. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** An open file descriptor that receives the child's stdout and stderr. */
  readonly output: number;
  readonly uid?: number;
  readonly gid?: number;
  /** How the child is ended, by `stop()` or because we are gone; after the last step its whole group is killed. */
  readonly ending: readonly EndingStep[];
}

/** How a child ended: `code` as a shell has it (128 + n for signal n, 127 when it could not be started). */
export interface ProcessEnd {
  readonly code: number;
  readonly description: string;
}

export interface SupervisedProcess {
  readonly exited: Promise<ProcessEnd>;
  /** Ends the child step by step and resolves once it is gone; bounded by the sum of the steps. */
  stop(): Promise<void>;
}

/**
 * The supervisor: our end of its stdin closes when we call `stop()` and also when we are killed, and then it ends the child.
 * It outlives signals sent to everybody (a service manager's SIGTERM), since ending the child is its only job.
 */
const SUPERVISOR = `
ending=$1; shift
trap : HUP INT QUIT TERM
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
(
  trap '' HUP INT QUIT TERM
  while read -r _ <&3; do :; done
  for step in $ending; do
    kill -s "\${step%:*}" "$child" 2>/dev/null
    seconds=\${step#*:}
    while [ "$seconds" -gt 0 ]; do (trap - TERM; exec sleep 1); seconds=$((seconds - 1)); done
  done
  kill -s KILL 0
) &
watcher=$!
exec 3<&-
code=129
while [ "$code" -gt 128 ]; do
  wait "$child"; code=$?
  kill -0 "$child" 2>/dev/null || break
done
kill -s KILL "$watcher"
trap '' TERM
kill -s TERM 0
exit "$code"
`;

/**
 * Starts a child that never outlives us, not even a `kill -9`, on Linux and macOS. It runs in a session of its own, so that the
 * Ctrl-C of a terminal does not reach it before our own shutdown does.
 */
export function superviseProcess(options: SupervisedProcessOptions): SupervisedProcess {
  const ending = options.ending.map(({ signal, seconds }) => `${signal}:${seconds}`).join(' ');
  const supervisor = spawn('/bin/sh', ['-c', SUPERVISOR, 'supervisor', ending, options.command, ...options.args], {
    env: options.env,
    cwd: options.cwd ?? '/',
    detached: true,
    stdio: ['pipe', options.output, options.output],
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  const exited = new Promise<ProcessEnd>((resolve) => {
    supervisor.once('error', (error) => resolve({ code: 127, description: `could not be started: ${error.message}` }));
    supervisor.once('exit', (code, signal) => resolve(describeEnd(code, signal)));
  });
  // The supervisor may be gone before we close its stdin; that is no error of ours.
  supervisor.stdin?.on('error', () => undefined);

  async function stop(): Promise<void> {
    supervisor.stdin?.end();
    const bound = options.ending.reduce((total, step) => total + step.seconds, 5);
    const backstop = setTimeout(() => killGroup(supervisor.pid), bound * 1000);
    await exited;
    clearTimeout(backstop);
  }
  return { exited, stop };
}

function describeEnd(code: number | null, signal: NodeJS.Signals | null): ProcessEnd {
  if (code === null) return { code: 128, description: `was ended by ${signal ?? 'a signal'}` };
  if (code > 128) return { code, description: `was ended by signal ${code - 128}` };
  return { code, description: `exited with code ${code}` };
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group has ended in the meantime.
  }
}

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { greetsAs } from './amqp-greeting.js';
import { findFreePorts } from './free-ports.js';
import { PID_FILE } from './previous-node.js';
import { rabbitmqEnvironment, type RabbitmqPorts } from './rabbitmq-environment.js';
import type { RabbitmqHome } from './rabbitmq-home.js';
import { openServerLog, type ServerLog } from './server-log.js';
import { StartError } from './start-error.js';
import { type ProcessEnd, type SupervisedProcess, superviseProcess } from './supervised-process.js';

export interface RabbitmqNode {
  /** The port of AMQP. */
  readonly port: number;
  readonly process: SupervisedProcess;
}

const READY_WITHIN_MS = 120_000;
const LARGEST_CRASH_BYTES = 256 * 1024;
/** Time, level and Erlang process. */
const LINE_PREFIX = /^\d{4}-\d\d-\d\d \S+ \[\w+\] <[\d.]+> ?/gm;
/** Fewer for a given port, which does not change by trying again. */
const ATTEMPTS = 10;
const ATTEMPTS_AT_PORT = 3;

/** A port taken between picking and binding, in the words of the port mapper's starter, of the node and of its listener. */
const PORT_TAKEN = /port mapper did not start|could not bind to distribution port|eaddrinuse|address already in use/i;

/**
 * Starts the port mapper, and turns into the node once that answers. Both are in one group, which the supervisor (its
 * leader and our parent) ends as a whole.
 * The arguments: the pid file, the start script, and what the node shall have on its command line.
 */
const LAUNCHER = `
umask 077
echo "$$ $PPID" >"$1"; shift
epmd &
tries=0
until epmd -names >/dev/null 2>&1; do
  tries=$((tries + 1)); [ "$tries" -lt 100 ] && kill -0 $! 2>/dev/null || break
  sleep 0.05
done
kill -0 $! 2>/dev/null || { echo 'the port mapper did not start'; exit 1; }
exec "$@"
`;

export interface Launch {
  readonly home: RabbitmqHome;
  readonly startScript: string;
  /** Where AMQP listens; a free port if undefined. */
  readonly port: number | undefined;
  /** Given, it ends the attempt. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Starts the node on 127.0.0.1 and waits until it greets clients.
 * @throws {StartError} with the end of its log if it does not start.
 */
export async function launchRabbitmq({ home, startScript, port, signal }: Launch): Promise<RabbitmqNode> {
  const log = await openServerLog(join(home.folder, 'rabbitmq.log'));
  const attempts = port === undefined ? ATTEMPTS : ATTEMPTS_AT_PORT;
  try {
    for (let attempt = 1; ; attempt += 1) {
      const [amqp = 0, distribution = 0, mapper = 0] = await findFreePorts(3);
      await log.mark();
      const node = spawnNode(home, startScript, { amqp: port ?? amqp, distribution, mapper }, log);
      const failure = await waitUntilReady(node, home.name, signal);
      if (failure === undefined) return node;
      await node.process.stop();
      const reason = await reasonOf(log);
      if (attempt === attempts || signal?.aborted === true || !PORT_TAKEN.test(reason)) {
        throw new StartError(`RabbitMQ ${failure} (log: ${log.path}): ${reason}`);
      }
    }
  } finally {
    // The node has its own descriptor by now.
    await log.close();
  }
}

function spawnNode(home: RabbitmqHome, startScript: string, ports: RabbitmqPorts, log: ServerLog): RabbitmqNode {
  // Erlang keeps an argument that it does not know for the application, which ignores it.
  const node = [startScript, '-tallyhouse', home.name];
  const process = superviseProcess({
    command: 'sh',
    args: ['-c', LAUNCHER, 'launcher', join(home.folder, PID_FILE), ...node],
    env: rabbitmqEnvironment(home.folder, ports),
    output: log.descriptor,
    // Queues are closed in order; killed, the node recovers them at the next start.
    ending: [{ signal: 'TERM', seconds: 8 }],
    ...home.account.switchTo,
  });
  return { port: ports.amqp, process };
}

/** Resolves with what went wrong, or with nothing once the node greets. */
async function waitUntilReady(
  { port, process: node }: RabbitmqNode,
  name: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  let end: ProcessEnd | undefined;
  void node.exited.then((it) => (end = it));
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (await greetsAs(name, port)) return undefined;
    if (end !== undefined) return end.description;
    if (signal?.aborted === true) return 'was stopped while it started';
    await delay(30);
  }
  return `was not ready within ${READY_WITHIN_MS / 1000} s`;
}

/** Why it did not start: what it says of its failed boot, far above the end of the log, else that end. */
async function reasonOf(log: ServerLog): Promise<string> {
  const text = (await log.tail(LARGEST_CRASH_BYTES)).replaceAll(LINE_PREFIX, '');
  const [reason] = /(?:ERROR|(?:Error|Exception) during startup):[^]{1,600}/.exec(text)?.[0].split('BOOT FAILED') ?? [];
  return reason?.replaceAll(/\s+/g, ' ').trim() ?? (await log.tail());
}

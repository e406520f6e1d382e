import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePorts } from './free-ports.js';
import { readPostmasterFile } from './postmaster-file.js';
import { settingArguments } from './postgres-settings.js';
import { SERVER_ENVIRONMENT } from './server-account.js';
import type { ServerLog } from './server-log.js';
import type { ServerPlace } from './server-place.js';
import { StartError } from './start-error.js';
import { type ProcessEnd, type SupervisedProcess, superviseProcess } from './supervised-process.js';

export interface PostgresServer {
  readonly port: number;
  readonly process: SupervisedProcess;
}

// Recovery after a crash replays up to max_wal_size.
const READY_WITHIN_MS = 180_000;
const ATTEMPTS = 20;

// What passes by itself: a port taken between picking and binding, and backends of a killed server that are still ending.
const PASSING = /could not bind|could not create any TCP\/IP sockets|pre-existing shared memory block/;

/**
 * Starts PostgreSQL on 127.0.0.1 at a free port and waits until it accepts connections.
 * @throws {StartError} with the end of its log if it does not start.
 */
export async function launchPostgres(
  place: ServerPlace,
  log: ServerLog,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresServer> {
  for (let attempt = 1; ; attempt += 1) {
    const [port = 0] = await findFreePorts(1);
    await log.mark();
    const server = { port, process: spawnPostgres(place, log, settingArguments(port, settings)) };
    const failure = await waitUntilReady(server, join(place.home, 'data'));
    if (failure === undefined) return server;
    await server.process.stop();
    const tail = await log.tail();
    if (attempt === ATTEMPTS || !PASSING.test(tail)) {
      throw new StartError(`PostgreSQL ${failure} (log: ${log.path}): ${tail}`);
    }
    await delay(200);
  }
}

/**
 * What the C library of a backend keeps of memory that was freed (glibc, mallopt(3)). By itself it hands megabytes back to the system after each
 * statement that sent large rows, and has to take them anew, page by page, for the next: more than half of what such a statement costs.
 */
const ALLOCATION = { MALLOC_TRIM_THRESHOLD_: String(16 * 1024 ** 2), MALLOC_MMAP_THRESHOLD_: String(8 * 1024 ** 2) };

function spawnPostgres(place: ServerPlace, log: ServerLog, settings: readonly string[]): SupervisedProcess {
  const postgres = [join(place.binaries, 'bin', 'postgres'), '-D', join(place.home, 'data'), ...settings];
  const [command = '', ...args] = [...place.account.prefix, ...postgres];
  return superviseProcess({
    command,
    args,
    env: { ...SERVER_ENVIRONMENT, ...ALLOCATION },
    output: log.descriptor,
    // Fast shutdown, then immediate shutdown (recovery at the next start).
    ending: [
      { signal: 'INT', seconds: 30 },
      { signal: 'QUIT', seconds: 5 },
    ],
    ...place.account.switchTo,
  });
}

/** Resolves with what went wrong, or with nothing once the server itself says that it is ready. */
async function waitUntilReady(server: PostgresServer, dataFolder: string): Promise<string | undefined> {
  let end: ProcessEnd | undefined;
  void server.process.exited.then((it) => (end = it));
  const started = Math.trunc(Date.now() / 1000);
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    const file = await readPostmasterFile(dataFolder);
    if (end !== undefined) return end.description;
    // The file of an earlier server may still lie there until ours replaces it.
    const ours = file?.port === server.port && Number(file.startedAt) >= started - 1;
    if (ours && file.status === 'ready') return undefined;
    await delay(30);
  }
  return `was not ready within ${READY_WITHIN_MS / 1000} s`;
}

import { join } from 'node:path';
import { createDatabase } from './create-database.js';
import { checkDataFolder, initDataFolder, obtainPassword, SUPERUSER } from './data-folder.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { locatePostgresBinaries, postgresMajor } from './postgres-binaries.js';
import { launchPostgres, type PostgresServer } from './postgres-server.js';
import { endPreviousPostmaster } from './postmaster-file.js';
import { createPrivateFolder } from './private-folder.js';
import { openServerLog } from './server-log.js';
import { placeServer, possibleHomes } from './server-place.js';
import { StartError } from './start-error.js';

export interface EmbeddedPostgres {
  /** Connection URL, password included. */
  readonly url: string;
  /** Sentences worth telling the operator, e.g. where the data went. */
  readonly notes: readonly string[];
  /** Fast shutdown, within bounds; the folder is free for others afterwards. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Holds the data, the password, the log and the lock; created with mode 0700. */
  readonly folder: string;
  /** Name of the database, created if it is not there; `tallyhouse` if left out. */
  readonly database?: string;
  /** Server settings on top of ours, by name. */
  readonly settings?: Readonly<Record<string, string>>;
  /** PostgreSQL ended although `stop()` was not called. */
  readonly onExit?: (reason: string) => void;
}

/**
 * Starts a PostgreSQL server of our own on 127.0.0.1 that keeps its data in a folder, and ends with this process whatever ends
 * it. It works as an ordinary user and as root.
 * @throws {StartError} (by promise) if the folder is in use, of another major or not writable, or the server does not start.
 */
export function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  return startWithMeans(options, { userNamespaces: true });
}

/** What a test may do without, to walk the ways that other machines need. */
interface Means {
  readonly userNamespaces: boolean;
}

/** `startEmbeddedPostgres`, with a choice of means. */
export async function startWithMeans(options: EmbeddedPostgresOptions, means: Means): Promise<EmbeddedPostgres> {
  const binaries = await locatePostgresBinaries();
  const major = await postgresMajor(binaries);
  const folder = await createPrivateFolder(options.folder, 'the database');
  const lock = await lockFolder(folder);
  try {
    for (const home of await possibleHomes(folder)) {
      await checkDataFolder(home, major);
      await endPreviousPostmaster(join(home, 'data'));
    }
    const place = await placeServer(folder, binaries, means.userNamespaces);
    const log = await openServerLog(join(folder, 'postgres.log'));
    try {
      const settings = options.settings ?? {};
      const password = await obtainPassword(folder, place.home);
      await initDataFolder(place, log, password, settings['fsync'] !== 'off');
      const server = await launchPostgres(place, log, settings);
      return { ...(await openDatabase(server, password, options, lock)), notes: place.notes };
    } finally {
      // The server has its own descriptor by now.
      await log.close();
    }
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openDatabase(
  { port, process: server }: PostgresServer,
  password: string,
  { database = 'tallyhouse', onExit }: EmbeddedPostgresOptions,
  lock: FolderLock,
): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> {
  const base = `postgresql://${SUPERUSER}:${password}@127.0.0.1:${port}`;
  try {
    await createDatabase(`${base}/postgres`, database);
  } catch (error) {
    await server.stop();
    throw new StartError(`The embedded PostgreSQL started but cannot be used: ${(error as Error).message}.`);
  }
  let stopping: Promise<void> | undefined;
  void server.exited.then(({ description }) => {
    if (stopping === undefined) onExit?.(`The embedded PostgreSQL ${description}.`);
  });
  const stop = () => (stopping ??= server.stop().then(() => lock.release()));
  return { url: `${base}/${encodeURIComponent(database)}`, stop };
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { promisify } from 'node:util';
import { DISK_KEEPER } from './disk-keeper.js';

const MB = 1024 * 1024;
const SIZE_MB = 256;
/** What a database, its write-ahead log and a load need, and what may be filled without harm to others. */
const LEAST_BYTES = 160 * MB;
const MOST_BYTES = 1024 * MB;

/** root may have a mount namespace; an ordinary user needs a user namespace around it. */
const NAMESPACES = [['--mount'], ['--user', '--map-root-user', '--mount']] as const;
/** Its arguments: the folder, and a program that then runs with a small disk mounted there. */
const MOUNT = `mount -t tmpfs -o size=${SIZE_MB}m,mode=0755 tallyhouse-faults "$0" && exec "$@"`;
/** Where a machine without namespaces may have a small file system nevertheless. */
const PLACES = ['/dev/shm', '/run', '/tmp'] as const;

/** What keeps the disk: a command line that comes before the keeper's, and the folder that is on the disk. */
interface Place {
  readonly prefix: readonly string[];
  readonly folder: string;
  readonly isMounted: boolean;
}

/** A PostgreSQL on a disk so small that it can be filled to the brim: in a mount namespace, seen by nobody else. */
export class SmallDisk {
  private readonly answers: AsyncIterator<string>;

  private constructor(
    private readonly place: Place,
    private readonly keeper: ChildProcess,
    private readonly lines: Interface,
  ) {
    this.answers = lines[Symbol.asyncIterator]();
  }

  /** Undefined where this machine permits no mount, and has no small file system either. */
  static async open(): Promise<SmallDisk | undefined> {
    const place = await findPlace();
    if (place === undefined) return undefined;
    const embedded = resolve('dist/embedded/embedded-postgres.js');
    const keeper = [process.execPath, '--input-type=module', '-e', DISK_KEEPER, embedded, place.folder];
    const [command = '', ...args] = [...place.prefix, ...keeper];
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { PATH: process.env['PATH'] } });
    child.stdin.on('error', () => undefined);
    return new SmallDisk(place, child, createInterface({ input: child.stdout }));
  }

  /** Whether it is a tmpfs of our own. */
  get isMounted(): boolean {
    return this.place.isMounted;
  }

  /** Starts PostgreSQL, again if it ran before; resolves with its URL. */
  async start(): Promise<string> {
    return (await this.tell('start')) as string;
  }

  async stopPostgres(): Promise<void> {
    await this.tell('stop');
  }

  /** Whether PostgreSQL ended by itself. */
  async hasEnded(): Promise<boolean> {
    return (await this.tell('ended')) as boolean;
  }

  /** Leaves not a byte; resolves with the megabytes that this took. */
  async fill(): Promise<number> {
    return Math.round(((await this.tell('fill')) as number) / MB);
  }

  /** Gives all of that back. */
  async free(): Promise<void> {
    await this.tell('free');
  }

  /** Ends PostgreSQL and the disk. */
  async close(): Promise<void> {
    const ended = this.keeper.exitCode === null ? once(this.keeper, 'exit') : undefined;
    this.keeper.stdin?.end();
    await ended;
    this.lines.close();
    await rm(this.place.folder, { recursive: true, force: true });
  }

  private async tell(task: string): Promise<unknown> {
    this.keeper.stdin?.write(`${task}\n`);
    const answer = await this.answers.next();
    if (answer.done === true) throw new Error(`the small disk's keeper ended when it was told: ${task}`);
    const { result, error } = JSON.parse(answer.value) as { result?: unknown; error?: string };
    if (error !== undefined) throw new Error(`small disk, ${task}: ${error}`);
    return result;
  }
}

async function findPlace(): Promise<Place | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-small-disk-'));
  for (const flags of NAMESPACES) {
    const prefix = ['unshare', ...flags, '--', 'sh', '-c', MOUNT, folder];
    if (await runs([...prefix, 'true'])) return { prefix, folder, isMounted: true };
  }
  await rm(folder, { recursive: true });
  for (const place of PLACES) {
    if (!(await isSmall(place))) continue;
    const made = await mkdtemp(join(place, 'tallyhouse-small-disk-')).catch(() => undefined);
    if (made !== undefined) return { prefix: [], folder: made, isMounted: false };
  }
  return undefined;
}

async function runs([command = '', ...args]: readonly string[]): Promise<boolean> {
  return promisify(execFile)(command, args).then(
    () => true,
    () => false,
  );
}

async function isSmall(place: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(place).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize >= LEAST_BYTES && bavail * bsize <= MOST_BYTES;
}

import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jsonText } from './json-writer.js';
import { type Message, messageFromBytes, messageToBytes } from './message.js';
import { folderSize } from './folder-size.js';
import { tryLock } from './spool-lock.js';
import { syncFolder, unlessMissing, writeSynced } from './synced-file.js';
import { reasonOf, Refused, SpoolError } from './worker-errors.js';

const WAITS = '.msg';
export const REFUSED = '.refused';
const WHY = '.why';
const UNFINISHED = '.tmp';
const UNFINISHED_MS = 24 * 3_600_000;
const LOCK_POLL_MS = 50;

/** The whole spool folder, and what it may hold. */
export interface SpoolPlace {
  readonly root: string;
  readonly maxBytes: number;
}

/**
 * What waits for one simulation. A message is written under a temporary name, synced to disk, then renamed; it is removed only
 * after it was acknowledged. So a crash at any moment loses nothing, and at worst sends twice. Only the owner may read: the
 * bodies hold update keys.
 */
export class SimulationSpool {
  constructor(
    private readonly place: SpoolPlace,
    readonly path: string,
  ) {}

  /** Names of what waits, oldest first. */
  async pending(): Promise<string[]> {
    const names = (await unlessMissing(readdir(this.path))) ?? [];
    return names.filter((name) => name.endsWith(WAITS)).sort();
  }

  /** Keeps a message, behind all others; resolves with its name. Throws SpoolError, and keeps nothing then. */
  async put(message: Message): Promise<string> {
    const { root, maxBytes } = this.place;
    const bytes = messageToBytes(message);
    try {
      if ((await folderSize(root)) + bytes.length > maxBytes) {
        throw new SpoolError(`the spool folder ${root} is full (${maxBytes} bytes)`);
      }
      await this.makeFolders();
      return await this.store(bytes, message.messageId);
    } catch (error) {
      throw error instanceof SpoolError ? error : this.unwritable(error);
    }
  }

  /** Undefined where another process sent it meanwhile; throws InvalidInput where the file is damaged. */
  async load(name: string): Promise<Message | undefined> {
    const bytes = await unlessMissing(readFile(join(this.path, name)));
    return bytes && messageFromBytes(bytes);
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.path, name), { force: true });
  }

  async has(name: string): Promise<boolean> {
    return access(join(this.path, name)).then(
      () => true,
      () => false,
    );
  }

  /** Out of the way of the others, with the reason beside it; nothing is thrown away. */
  async setAside(name: string, status: number, message: string): Promise<void> {
    await writeSynced(join(this.path, name + WHY), Buffer.from(jsonText({ status, message }), 'latin1'));
    await unlessMissing(rename(join(this.path, name), join(this.path, name + REFUSED)));
  }

  /** Why a message was set aside, which is then forgotten; undefined where it was not. */
  async takeRefusal(name: string): Promise<Refused | undefined> {
    if (!(await this.has(name + REFUSED))) return undefined;
    const why = JSON.parse(await readFile(join(this.path, name + WHY), 'utf8')) as { status: number; message: string };
    for (const ending of [REFUSED, WHY]) await this.remove(name + ending);
    return new Refused(why.status, why.message);
  }

  /**
   * Runs something while no other process sends these: with true; with false where others do until the deadline (of
   * `performance.now()`) or until `isOver`. The lock ends with its process, however that ends. Where there are no locks two
   * processes may send the same, which is harmless. Throws SpoolError where the folder can't be written.
   */
  async locked<T>(deadline: number, isOver: () => Promise<boolean>, run: (isMine: boolean) => Promise<T>): Promise<T> {
    const file = await this.openLock();
    try {
      for (;;) {
        if ((await tryLock(file)) !== 'busy') return await run(true);
        if (performance.now() >= deadline || (await isOver())) return await run(false);
        await sleep(LOCK_POLL_MS);
      }
    } finally {
      await file.close();
    }
  }

  /** Removes what writers left unfinished that were killed; it was never said to be kept. */
  async sweep(): Promise<void> {
    const unfinished = (await readdir(this.path)).filter((name) => name.endsWith(UNFINISHED));
    for (const name of unfinished) {
      const found = await unlessMissing(stat(join(this.path, name)));
      if (found && Date.now() - found.mtimeMs > UNFINISHED_MS) await this.remove(name);
    }
  }

  private async openLock(): Promise<FileHandle> {
    try {
      await this.makeFolders();
      return await open(join(this.path, 'lock'), constants.O_RDWR | constants.O_CREAT, 0o600);
    } catch (error) {
      throw this.unwritable(error);
    }
  }

  private unwritable(error: unknown): SpoolError {
    return new SpoolError(`the spool folder ${this.place.root} can't be written: ${reasonOf(error)}`);
  }

  private async store(bytes: Buffer, messageId: string): Promise<string> {
    const unfinished = randomUUID().replaceAll('-', '') + UNFINISHED;
    try {
      await writeSynced(join(this.path, unfinished), bytes);
      const name = `${String(await this.nextNumber()).padStart(20, '0')}-${messageId}${WAITS}`;
      await rename(join(this.path, unfinished), join(this.path, name));
      await syncFolder(this.path);
      return name;
    } catch (error) {
      await this.remove(unfinished).catch(() => undefined);
      throw error;
    }
  }

  /** Nanoseconds of the epoch, but above all that wait even where the clock was put back. */
  private async nextNumber(): Promise<bigint> {
    const last = BigInt((await this.pending()).at(-1)?.split('-', 1)[0] ?? 0);
    const now = BigInt(Date.now()) * 1_000_000n;
    return now > last ? now : last + 1n;
  }

  private async makeFolders(): Promise<void> {
    if (await this.has('')) return;
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await syncFolder(this.place.root);
  }
}

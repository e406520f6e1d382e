import { createHash } from 'node:crypto';
import { chown, cp, lstat, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { chownTree } from './folder-owner.js';
import {
  accountOf,
  canUse,
  namespacedAccount,
  ownAccount,
  type ServerAccount,
  unprivilegedAccount,
} from './server-account.js';
import { StartError } from './start-error.js';

/** Who runs the server, from which binaries, and the folder (`home`) in which its `data` lies. */
export interface ServerPlace {
  readonly account: ServerAccount;
  readonly binaries: string;
  readonly home: string;
  readonly notes: readonly string[];
}

/**
 * Finds an account that PostgreSQL accepts (it refuses root) and that reaches both the binaries and the data. As root that is
 * the ordinary user whose folder it is (who could not use it any more otherwise), else a user namespace, and where those are not
 * permitted an ordinary user of the system, for whom data and binaries move elsewhere if need be.
 * Data that once moved stays where it is. No server may be working on the data meanwhile.
 * @param folder the folder the operator chose
 * @param binaries the folder with `bin/postgres`
 * @param userNamespaces false: do as if user namespaces were not permitted
 */
export async function placeServer(folder: string, binaries: string, userNamespaces: boolean): Promise<ServerPlace> {
  const moved = await movedHome(folder);
  const home = moved ?? folder;
  const notes = moved === undefined ? [] : [elsewhereNote(folder, moved)];
  if (process.getuid?.() !== 0) return { account: ownAccount(), binaries, home: folder, notes: [] };
  const postgres = join(binaries, 'bin', 'postgres');
  const { uid, gid } = await stat(home);
  if (uid !== 0 && (await canUse(accountOf({ uid, gid }), postgres, home))) {
    await giveTo(accountOf({ uid, gid }), home);
    return { account: accountOf({ uid, gid }), binaries, home, notes };
  }
  if (userNamespaces) {
    const account = await namespacedAccount();
    await giveTo(account, home);
    if (await canUse(account, postgres, home)) return { account, binaries, home, notes };
  }
  return placeUnprivileged(folder, binaries, home);
}

/** The folders that may hold the data of `folder`: itself, and where its data moves if the server's account cannot enter it. */
export async function possibleHomes(folder: string): Promise<string[]> {
  const moved = await movedHome(folder);
  return moved === undefined ? [folder] : [folder, moved];
}

async function placeUnprivileged(folder: string, binaries: string, current: string): Promise<ServerPlace> {
  const account = await unprivilegedAccount();
  const notes: string[] = [];
  let home = current;
  await giveTo(account, home);
  if (!(await canUse(account, undefined, home))) {
    await chown(folder, 0, 0);
    home = await createOtherHome(folder, account);
    if (await exists(join(folder, 'data'))) await move(join(folder, 'data'), join(home, 'data'));
    await giveTo(account, home);
  }
  if (home !== folder) notes.push(elsewhereNote(folder, home));
  if (await canUse(account, join(binaries, 'bin', 'postgres'))) return { account, binaries, home, notes };
  const copy = await copyBinaries(binaries, await createOtherHome(folder, account));
  notes.push(`PostgreSQL runs from a copy of its program files in ${copy}, because its user cannot enter ${binaries}.`);
  return { account, binaries: copy, home, notes };
}

function elsewhereNote(folder: string, home: string): string {
  return `The database is in ${home}, because the user that PostgreSQL runs as cannot enter ${folder}.`;
}

function otherHomes(folder: string): string[] {
  const name = `tallyhouse-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
  return [join('/var/lib', name), join(tmpdir(), name)];
}

async function movedHome(folder: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const home of otherHomes(folder)) {
    if (await exists(join(home, 'data'))) return home;
  }
  return undefined;
}

async function createOtherHome(folder: string, { owner }: ServerAccount): Promise<string> {
  for (const home of otherHomes(folder)) {
    try {
      await mkdir(home, { mode: 0o700 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') continue;
    }
    const found = await lstat(home);
    // The temporary folder is everyone's: a name that someone else took there is not to be trusted.
    if (!found.isDirectory() || ![0, owner.uid].includes(found.uid)) continue;
    await chown(home, owner.uid, owner.gid);
    return home;
  }
  throw new StartError(
    `PostgreSQL does not run as root and no folder for another user can be created: start as an ordinary user or set DATABASE_URL.`,
  );
}

async function copyBinaries(binaries: string, home: string): Promise<string> {
  const { mtimeMs, size } = await stat(join(binaries, 'bin', 'postgres'));
  const copy = join(home, `postgresql-${Math.trunc(mtimeMs)}-${size}`);
  if (await exists(copy)) return copy;
  for (const old of await readdir(home)) {
    if (old.startsWith('postgresql-')) await rm(join(home, old), { recursive: true, force: true });
  }
  const draft = `${copy}-draft`;
  await cp(binaries, draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, copy);
  return copy;
}

/** Makes the folder and the database in it the account's own. */
async function giveTo({ owner }: ServerAccount, home: string): Promise<void> {
  await chown(home, owner.uid, owner.gid);
  const data = join(home, 'data');
  if ((await exists(data)) && (await stat(data)).uid !== owner.uid) await chownTree(data, owner.uid, owner.gid);
}

async function move(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    // Another file system: the copy counts only once it is whole.
    const draft = join(dirname(to), `${basename(to)}.init-moving`);
    await rm(draft, { recursive: true, force: true });
    await cp(from, draft, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
    await rename(draft, to);
    await rm(from, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { StartError } from './start-error.js';

const run = promisify(execFile);

/** The environment of all that we start: enough to be found, and nothing of ours. */
export const SERVER_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
} as const;

/** As whom PostgreSQL runs, and what its command line starts with to get there. */
export interface ServerAccount {
  readonly prefix: readonly string[];
  /** Set where the process changes its user for real. */
  readonly switchTo?: { readonly uid: number; readonly gid: number };
  /** Whom the data must belong to, as seen from our process. */
  readonly owner: { readonly uid: number; readonly gid: number };
}

/** The account of this very process. */
export function ownAccount(): ServerAccount {
  return { prefix: [], owner: { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 } };
}

/**
 * root inside a user namespace where its files look like those of an ordinary user: PostgreSQL, which refuses root, accepts it,
 * and every folder that only root may enter stays within reach.
 */
export async function namespacedAccount(): Promise<ServerAccount> {
  const { uid, gid } = await findOrdinaryUser();
  const prefix = ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
  return { prefix, owner: { uid: 0, gid: 0 } };
}

/** A user of the system other than root, reached by really changing to it. */
export async function unprivilegedAccount(): Promise<ServerAccount> {
  return accountOf(await findOrdinaryUser());
}

/** Runs a command to its end as that account; resolves with its stdout, rejects when it fails or takes over 20 s. */
export async function runAs(account: ServerAccount, command: readonly string[]): Promise<string> {
  const [file = '', ...args] = [...account.prefix, ...command];
  const options = { env: SERVER_ENVIRONMENT, cwd: '/', timeout: 20_000, ...account.switchTo };
  const { stdout } = await run(file, args, options);
  return stdout;
}

/** The user that a folder belongs to, reached by really changing to it. */
export function accountOf(owner: ServerAccount['owner']): ServerAccount {
  return { prefix: [], switchTo: owner, owner };
}

/** Whether that account has a name (initdb insists), can start `binary` and write into the folder `folder`. */
export async function canUse(account: ServerAccount, binary: string | undefined, folder?: string): Promise<boolean> {
  const script = `id -un && { [ -z "$1" ] || "$1" --version; } && { [ -z "$2" ] || { cd "$2" && [ -w . ] && [ -O . ]; }; }`;
  return runAs(account, ['sh', '-c', script, 'probe', binary ?? '', folder ?? '']).then(
    () => true,
    () => false,
  );
}

async function findOrdinaryUser(): Promise<{ uid: number; gid: number }> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const users = new Map(passwd.split('\n').map((line) => [line.split(':')[0], line.split(':')] as const));
  for (const name of ['nobody', 'postgres', '_postgres', 'daemon']) {
    const [uid, gid] = (users.get(name) ?? []).slice(2, 4).map(Number);
    // Where nobody is -2 (macOS), it cannot own files reliably.
    if (uid !== undefined && gid !== undefined && uid > 0 && gid > 0) return { uid, gid };
  }
  throw new StartError(
    'PostgreSQL does not run as root, and no user nobody or postgres is in /etc/passwd: start as an ordinary user or set DATABASE_URL.',
  );
}

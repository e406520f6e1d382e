import { createHash, randomBytes } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { belongToFolder, chownTree } from './folder-owner.js';
import { accountOf, canUse, ownAccount, type ServerAccount } from './server-account.js';
import { StartError } from './start-error.js';

/** The user that clients log in as; there is no `guest`. */
export const BROKER_USER = 'tallyhouse';

/** A folder with all that a node needs to start, and as whom it runs. */
export interface RabbitmqHome {
  readonly folder: string;
  readonly account: ServerAccount;
  readonly password: string;
  /** Unlike that of any other node on this machine: it tells our node from others, as a process and on the wire. */
  readonly name: string;
}

/**
 * Writes the node's files into the folder, all of them for their owner alone. The password and the cookie stay as they were first
 * made, everything else is written anew.
 * @throws {StartError} if the password of existing data is gone
 */
export async function prepareRabbitmqHome(folder: string): Promise<RabbitmqHome> {
  const account = await accountFor(folder);
  const password = await obtainSecret(folder, 'password');
  await obtainSecret(folder, '.erlang.cookie');
  // Erlang insists on it.
  await chmod(join(folder, '.erlang.cookie'), 0o400);
  const name = `tallyhouse-${createHash('sha256').update(folder).digest('hex').slice(0, 12)}`;
  await writePrivate(join(folder, 'rabbitmq.conf'), configuration(name, password));
  await writePrivate(join(folder, 'enabled_plugins'), '[].\n');
  return { folder, account, password, name };
}

/** RabbitMQ runs as root too, but in an ordinary user's folder it runs as that user, who can start it afterwards. */
async function accountFor(folder: string): Promise<ServerAccount> {
  const own = ownAccount();
  const { uid, gid } = await stat(folder);
  if (own.owner.uid !== 0 || uid === 0) return own;
  const owner = accountOf({ uid, gid });
  if (!(await canUse(owner, undefined, folder))) return own;
  await chownTree(folder, uid, gid);
  return owner;
}

function configuration(name: string, password: string): string {
  const settings = {
    cluster_name: name,
    default_user: BROKER_USER,
    default_pass: password,
    [`loopback_users.${BROKER_USER}`]: 'true',
    // Below this much free space publishers are blocked; a share of the memory would be too much for a small disk.
    'disk_free_limit.absolute': '50MB',
    'vm_memory_high_watermark.relative': '0.4',
    // 512 MiB by default, as much on disk as in memory.
    'raft.wal_max_size_bytes': '67108864',
    'log.console.level': 'warning',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  return lines.join('');
}

/** A secret of 256 random bits, made on the first start. */
async function obtainSecret(folder: string, file: string): Promise<string> {
  const path = join(folder, file);
  const kept = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (kept !== '') return kept;
  const data = await stat(join(folder, 'data')).catch(() => undefined);
  if (data !== undefined) throw new StartError(`The file ${path} of the RabbitMQ data beside it is missing or empty.`);
  const secret = randomBytes(32).toString('base64url');
  await writePrivate(path, secret);
  return secret;
}

async function writePrivate(path: string, content: string): Promise<void> {
  await writeFile(path, content, { mode: 0o600 });
  await belongToFolder(path);
}

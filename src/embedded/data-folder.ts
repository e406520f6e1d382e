import { randomBytes } from 'node:crypto';
import { chown, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { belongToFolder } from './folder-owner.js';
import { SERVER_ENVIRONMENT } from './server-account.js';
import type { ServerLog } from './server-log.js';
import type { ServerPlace } from './server-place.js';
import { StartError } from './start-error.js';
import { superviseProcess } from './supervised-process.js';

/** The superuser of the embedded server. */
export const SUPERUSER = 'tallyhouse';

// Whatever begins so is the rest of an interrupted start.
const DRAFT = 'data.init-';

/**
 * Makes sure that what lies in `<home>/data`, if anything, is ours and of this PostgreSQL major.
 * @throws {StartError} otherwise
 */
export async function checkDataFolder(home: string, major: string): Promise<void> {
  const data = join(home, 'data');
  const owner = await ownerOf(data);
  if (owner === undefined) return;
  const self = process.getuid?.();
  if (self !== 0 && owner !== self) throw new StartError(`The folder ${data} belongs to another user (uid ${owner}).`);
  const found = await readText(join(data, 'PG_VERSION'));
  if (found === undefined)
    throw new StartError(`The folder ${data} exists but holds no PostgreSQL database: move it away.`);
  if (found !== major) {
    const advice = 'move the folder away, or serve it with that version and set DATABASE_URL';
    throw new StartError(`The database in ${data} is of PostgreSQL ${found}, this is PostgreSQL ${major}: ${advice}.`);
  }
}

/** The superuser's password, made on the first start and kept in `<folder>/password`, which only the owner may read. */
export async function obtainPassword(folder: string, home: string): Promise<string> {
  const path = join(folder, 'password');
  const kept = await readText(path);
  if (kept !== undefined && kept !== '') return kept;
  if ((await ownerOf(join(home, 'data'))) !== undefined) {
    throw new StartError(`The file ${path} with the password of the database in ${home} is missing or empty.`);
  }
  const password = randomBytes(32).toString('base64url');
  await writeFile(path, `${password}\n`, { mode: 0o600 });
  await belongToFolder(path);
  return password;
}

/**
 * Creates `<home>/data` if it is not there. It is made under another name first, so that an interruption leaves nothing behind
 * that looks like a database.
 * @param sync false: do not wait for the disk (throw-away databases)
 */
export async function initDataFolder(
  place: ServerPlace,
  log: ServerLog,
  password: string,
  sync: boolean,
): Promise<void> {
  const { home, account } = place;
  for (const entry of await readdir(home)) {
    if (entry.startsWith(DRAFT)) await rm(join(home, entry), { recursive: true, force: true, maxRetries: 10 });
  }
  const data = join(home, 'data');
  if ((await ownerOf(data)) !== undefined) return;
  const draft = join(home, DRAFT + randomBytes(6).toString('hex'));
  const passwordFile = `${draft}.password`;
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    await chown(passwordFile, account.owner.uid, account.owner.gid);
    await runInitdb(place, log, [...initdbArguments(draft, passwordFile), ...(sync ? [] : ['--no-sync'])]);
  } finally {
    await rm(passwordFile, { force: true });
  }
  await rename(draft, data);
}

function initdbArguments(data: string, passwordFile: string): string[] {
  // The builtin provider sorts by code point on every platform and does not depend on the system's locales.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = [`--username=${SUPERUSER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  return ['-D', data, ...locale, ...access, '--no-instructions'];
}

async function runInitdb({ account, binaries }: ServerPlace, log: ServerLog, args: readonly string[]): Promise<void> {
  const [command = '', ...rest] = [...account.prefix, join(binaries, 'bin', 'initdb'), ...args];
  await log.mark();
  const initdb = superviseProcess({
    command,
    args: rest,
    env: SERVER_ENVIRONMENT,
    output: log.descriptor,
    ending: [{ signal: 'TERM', seconds: 5 }],
    ...account.switchTo,
  });
  const end = await initdb.exited;
  if (end.code === 0) return;
  throw new StartError(`PostgreSQL's initdb ${end.description} (log: ${log.path}): ${await log.tail()}`);
}

async function ownerOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ uid }) => uid,
    () => undefined,
  );
}

async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}

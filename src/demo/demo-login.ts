import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DemoError } from './demo-error.js';
import { type DemoOptions, httpUrl } from './demo-options.js';
import type { AmqpAddress, DemoLogin } from './demo-session.js';

const DEFAULT_URL = 'http://127.0.0.1:3000';

/**
 * Where to log in and as whom: the command line first, then `demo.json`, which a server with
 * demo data writes into its DATA_DIR at start. Throws a DemoError that says what to do where neither has it.
 */
export async function findLogin(options: DemoOptions): Promise<DemoLogin> {
  if (options.username !== undefined && options.password !== undefined) {
    const { username, password } = options;
    return { url: options.url ?? httpUrl(DEFAULT_URL), username, password, amqp: amqpOf(options, undefined) };
  }
  const path = join(options.dataDir, 'demo.json');
  const file = await readLoginFile(path);
  const { username, password } = file;
  return { url: options.url ?? httpUrl(file.url), username, password, amqp: amqpOf(options, file.amqp) };
}

function amqpOf({ amqp: asked }: DemoOptions, ofServer: AmqpAddress | undefined): AmqpAddress | undefined {
  if (asked === 'off') return undefined;
  return asked === undefined ? ofServer : { url: asked, prefix: '' };
}

interface LoginFile {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly amqp: AmqpAddress | undefined;
}

async function readLoginFile(path: string): Promise<LoginFile> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new DemoError(unreadable(path, error));
  }
  const login = (content ?? {}) as Record<string, unknown>;
  const { url = DEFAULT_URL, username, password, amqp_url: amqpUrl, amqp_prefix: prefix } = login;
  if (typeof url !== 'string' || typeof username !== 'string' || typeof password !== 'string') {
    throw new DemoError(`${path} holds no demo login; give --username and --password.`);
  }
  const amqp =
    typeof amqpUrl === 'string' ? { url: amqpUrl, prefix: typeof prefix === 'string' ? prefix : '' } : undefined;
  return { url, username, password, amqp };
}

function unreadable(path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') {
    return `There is no ${path}: start the server first ("npm start"), point --data-dir to its DATA_DIR, or give --username and --password.`;
  }
  if (code === undefined) return `${path} is not JSON; give --username and --password.`;
  return `${path} cannot be read (${code}); run as the user of the server, or give --username and --password.`;
}

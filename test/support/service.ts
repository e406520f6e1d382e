import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** Signs the tokens of every service that the tests start, so that a test can make tokens of its own. */
export const JWT_SECRET = 'a secret of the tests, 32 bytes or more';
export const ADMIN = { username: 'head', password: 'the head of all tests' } as const;

/** The real process, as `npm start` runs it once it is built. */
export interface RunningService {
  readonly url: string;
  readonly pid: number;
  /** Resolves once it is gone, whatever ended it. */
  readonly ended: Promise<void>;
  /** What it wrote to its standard output and error so far. */
  output(): string;
  /** Sends a signal and resolves with the exit code, null where the signal ended it. */
  end(signal?: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): Promise<number | null>;
}

/**
 * Starts `dist/main.js`, or the one of another build, on a free port and resolves once it says that it is ready. Nothing of
 * the caller's environment is passed on but PATH; `settings` are further variables.
 */
export async function startService(
  databaseUrl: string,
  settings: Readonly<Record<string, string>> = {},
  main = resolve('dist/main.js'),
): Promise<RunningService> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tallyhouse-e2e-'));
  const child = spawn(process.execPath, [main], {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: databaseUrl,
      DATA_DIR: dataDir,
      DEMO: 'off',
      JWT_SECRET,
      ADMIN_USERNAME: ADMIN.username,
      ADMIN_PASSWORD: ADMIN.password,
      LOG_LEVEL: 'warn',
      // Without a broker of the test's, none is started.
      ...(settings['RABBITMQ_URL'] === undefined ? { ROLE: 'api' } : {}),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const ended = once(child, 'exit').finally(() => rm(dataDir, { recursive: true, force: true }));
  try {
    const url = await readyUrl(child, output);
    const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    };
    return { url, pid: child.pid as number, ended: ended.then(() => undefined), output: () => output.join(''), end };
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw error;
  }
}

/** The address in the banner, which comes once requests are answered. */
async function readyUrl(child: ChildProcess, output: string[]): Promise<string> {
  return new Promise((resolveUrl, reject) => {
    const take = (text: string) => {
      output.push(text);
      const url = /is ready at (http:\S+)/.exec(output.join(''))?.[1];
      if (url !== undefined) resolveUrl(url);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', take);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the service ended with ${String(code)}: ${output.join('')}`)));
  });
}

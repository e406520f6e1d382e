import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DemoError } from './demo-error.js';
import { httpUrl } from './demo-options.js';
import { type DemoYaptideOptions, readYaptideOptions, YAPTIDE_HELP } from './demo-yaptide-options.js';
import { StartedProcess } from './started-process.js';

const BUILT = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const RUNNER = BUILT('../../clients/python/tallyhouse_worker.py');

/** What a server with demo data writes into its DATA_DIR. */
interface DemoFile {
  readonly url?: string;
  readonly username?: string;
  readonly password?: string;
  readonly amqp_url?: string;
  readonly amqp_prefix?: string;
}

/** The program behind `npm run demo:yaptide`; returns the exit code. */
async function main(args: string[]): Promise<number> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => interrupted.abort());
  const started: StartedProcess[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'tallyhouse-runner-'));
  try {
    const options = readYaptideOptions(args);
    if (options.help) print(YAPTIDE_HELP.trimEnd());
    else await run(options, folder, started, interrupted.signal);
    return 0;
  } catch (error) {
    if (interrupted.signal.aborted) return 0;
    if (!(error instanceof DemoError)) throw error;
    process.stderr.write(`demo: ${error.message}\n`);
    return error.exitCode;
  } finally {
    for (const one of started.reverse()) await one.end();
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(
  options: DemoYaptideOptions,
  folder: string,
  started: StartedProcess[],
  signal: AbortSignal,
): Promise<void> {
  const stop = once(signal, 'abort').then(() => 'stopped' as const);
  const python = findPython(options.python);
  const url =
    options.url?.href ?? (await runningServer(options)) ?? (await startServer(options.dataDir, started, stop));
  if (signal.aborted) return;
  const file = await readDemoFile(options.dataDir);
  const amqp = options.amqp ?? file.amqp_url;
  if (amqp === undefined) {
    throw new DemoError(
      'Submitted simulations come from RabbitMQ: install rabbitmq-server and restart the server, or give --amqp.',
    );
  }
  const prefix = options.prefix ?? file.amqp_prefix ?? '';
  const work = ['--prefix', prefix, '--url', url, '--folder', join(folder, 'runs'), '--spool', join(folder, 'spool')];
  const command = [process.execPath, BUILT('./demo-task-main.js'), '--seconds', String(options.seconds)];
  const program = ['-B', RUNNER, 'run', ...work, '--progress-seconds', '1', '--', ...command];
  const runner = new StartedProcess(python, program, { RABBITMQ_URL: amqp });
  started.push(runner);
  print(`A runner takes what is submitted to ${new URL('yaptide/jobs/direct', slashed(url)).href}. Ctrl-C ends it.`);
  if (file.username !== undefined && file.password !== undefined) print(curlLine(url, file.username, file.password));
  const gone = Promise.race(started.map(async (one) => one.ended)).then(() => 'gone' as const);
  if ((await Promise.race([gone, stop])) === 'gone') throw new DemoError('The runner or the server ended by itself.');
}

/** The server that wrote demo.json, where it answers. */
async function runningServer({ dataDir }: DemoYaptideOptions): Promise<string | undefined> {
  const { url } = await readDemoFile(dataDir);
  if (url === undefined) return undefined;
  const health = new URL('health/live', slashed(httpUrl(url).href));
  const answer = await fetch(health, { signal: AbortSignal.timeout(3_000) }).catch(() => undefined);
  return answer?.ok === true ? url : undefined;
}

async function startServer(dataDir: string, started: StartedProcess[], stop: Promise<'stopped'>): Promise<string> {
  print('No server is running, so one is started.');
  const server = new StartedProcess(process.execPath, ['--enable-source-maps', BUILT('../main.js')], {
    DATA_DIR: resolve(dataDir),
  });
  started.push(server);
  const url = await Promise.race([server.printed(/is ready at (http:\S+)/), stop]);
  if (url === undefined) throw new DemoError('The server did not start.');
  return url;
}

async function readDemoFile(dataDir: string): Promise<DemoFile> {
  const text = await readFile(join(dataDir, 'demo.json'), 'utf8').catch(() => '{}');
  try {
    return JSON.parse(text) as DemoFile;
  } catch {
    throw new DemoError(`${join(dataDir, 'demo.json')} is not JSON; give --url and --amqp, and another --data-dir.`);
  }
}

/** The first Python that has pika. */
function findPython(asked: string | undefined): string {
  const candidates = asked === undefined ? ['python3', '/usr/bin/python3'] : [asked];
  const found = candidates.find((python) => spawnSync(python, ['-c', 'import pika'], { stdio: 'ignore' }).status === 0);
  if (found !== undefined) return found;
  throw new DemoError(
    `${candidates.join(' and ')} can't import pika: pip install pika (or apt-get install python3-pika), or give --python.`,
  );
}

/** Logs in and submits, in one line. */
function curlLine(url: string, username: string, password: string): string {
  const login = JSON.stringify({ username, password });
  const input = { project: { title: 'Submitted by curl' }, beam: { numberOfParticles: 40_000 } };
  const body = JSON.stringify({ sim_type: 'shieldhit', ntasks: 4, input_type: 'editor', input_json: input });
  const json = `-H 'Content-Type: application/json'`;
  const at = (path: string) => new URL(`yaptide/${path}`, slashed(url)).href;
  return [
    'Paste this to submit four tasks:\n',
    `curl -s -b '' -o /dev/null ${json} -d '${login}' ${at('auth/login')} --next -s -b '' ${json} -d '${body}' ${at('jobs/direct')}\n`,
  ].join('\n');
}

function slashed(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main(process.argv.slice(2));

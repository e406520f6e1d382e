import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { connect } from 'amqplib';
import { type EmbeddedRabbitmq, startEmbeddedRabbitmq } from '../../src/embedded/embedded-rabbitmq.js';
import { processStart } from '../../src/embedded/process-identity.js';
import { findRabbitmqServer, isRabbitmqInstalled } from '../../src/embedded/rabbitmq-installation.js';
import { StartError } from '../../src/embedded/start-error.js';
import { testBrokerUrl } from '../support/broker.js';

const QUEUE = 'test.messages';
// What only root can try: files and processes of other users.
const asRoot = process.getuid?.() === 0 ? it : it.skip;
const MODULE = pathToFileURL(resolve('dist/embedded/embedded-rabbitmq.js')).href;
/** What another process runs to start a node and hold it until it is killed. */
const STARTER = `const { startEmbeddedRabbitmq } = await import(process.argv[1]);
  console.log((await startEmbeddedRabbitmq({ folder: process.argv[2] })).url);
  setInterval(() => undefined, 1000);`;

let root: string;
let folder: string;
let count = 0;
const running = new Set<EmbeddedRabbitmq>();
const starters = new Set<ChildProcess>();

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyhouse-embedded-'));
  await chmod(root, 0o755);
});
beforeEach(() => {
  count += 1;
  folder = join(root, `rabbitmq-${count}`);
});
afterEach(async () => {
  for (const starter of starters) starter.kill('SIGKILL');
  await Promise.all([...running].map((node) => node.stop()));
  running.clear();
  starters.clear();
});
afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 20 }));

describe('the private RabbitMQ node', () => {
  it('keeps its messages, its password and its folder to itself over a restart', async () => {
    const first = await start();
    await publish(first.url, 'kept');
    await first.stop();
    const second = await start();
    expect(await take(second.url)).toBe('kept');
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const secret of ['password', 'rabbitmq.conf']) {
      expect((await stat(join(folder, secret))).mode & 0o777).toBe(0o600);
    }
  });

  it('lets nobody in without the password, neither as guest nor from other machines', async () => {
    const { url } = await start();
    const guest = new URL(url);
    [guest.username, guest.password] = ['guest', 'guest'];
    await expect(connect(guest.href)).rejects.toThrow('ACCESS_REFUSED');
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(connect(wrong.href)).rejects.toThrow('ACCESS_REFUSED');
    const outside = Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ family, internal }) => family === 'IPv4' && !internal);
    for (const port of await portsOf(await nodePid())) {
      expect(await accepts('127.0.0.1', port)).toBe(true);
      for (const { address } of outside) expect(await accepts(address, port)).toBe(false);
    }
  });

  it('runs twice side by side in two folders', async () => {
    const [one, other] = await Promise.all([start(), startIn(`${folder}-other`)]);
    await publish(one.url, 'of the one');
    await publish(other.url, 'of the other');
    expect(await take(one.url)).toBe('of the one');
    expect(await take(other.url)).toBe('of the other');
  });

  it('is started again, on the same port and with its messages, when it ends although nobody stopped it', async () => {
    let onExit: (reason: string) => void = () => undefined;
    const reason = new Promise<string>((tell) => (onExit = tell));
    const { url } = await startIn(folder, (it) => onExit(it));
    await publish(url, 'survivor');
    await untilQueueIsOnDisk();
    const before = await nodePid();
    process.kill(before, 'SIGKILL');
    expect(await reason).toBe('The private RabbitMQ node was ended by signal 9; it is started again.');
    await untilItAnswers(url);
    expect(await nodePid()).not.toBe(before);
    expect(await take(url)).toBe('survivor');
  });

  it('stays stopped when it is stopped while it is started again', async () => {
    const node = await startIn(folder, () => void node.stop());
    const before = await nodePid();
    process.kill(before, 'SIGKILL');
    while (processStart(before) !== undefined) await delay(20);
    await node.stop();
    expect(processStart(await nodePid())).toBeUndefined();
    expect(await readdir(folder)).not.toContain('lock');
  });

  it('ends, with all its processes, when the process that started it is killed; its messages stay', async () => {
    const { url, process: starter } = await startElsewhere();
    await publish(url, 'of the dead');
    const processes = groupOf(await nodePid());
    expect(processes.map(({ command }) => command).join()).toMatch(/beam.*epmd|epmd.*beam/);
    starter.kill('SIGKILL');
    while (processes.some(({ pid }) => processStart(pid) !== undefined)) await delay(20);
    expect(await take((await start()).url)).toBe('of the dead');
  });

  it('starts at once after the process that started it before was killed', async () => {
    const { url, process: starter } = await startElsewhere();
    await publish(url, 'of the dead');
    const before = await nodePid();
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    const again = await start();
    expect(processStart(before)).toBeUndefined();
    expect(await take(again.url)).toBe('of the dead');
  });

  it('ends a node that was left alone because its supervisor was killed too', async () => {
    const { process: starter } = await startElsewhere();
    const node = await nodePid();
    const processes = groupOf(node);
    process.kill(processes.find(({ pid, group }) => pid === group)?.pid ?? 0, 'SIGKILL');
    starter.kill('SIGKILL');
    await once(starter, 'exit');
    expect(processStart(node)).toBeDefined();
    await start();
    expect(processes.filter(({ pid }) => processStart(pid) !== undefined)).toEqual([]);
  });

  it('refuses a folder that is in use, naming the process', async () => {
    const { process: starter } = await startElsewhere();
    const message = (pid: number) => new StartError(`The folder ${folder} is in use by process ${pid}.`);
    await expect(start()).rejects.toEqual(message(starter.pid ?? 0));
    folder = `${folder}-own`;
    await start();
    await expect(start()).rejects.toEqual(message(process.pid));
  });

  it('is not hindered by stale files whose pids belong to other processes now', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'lock'), `${process.pid}\nanother start\n`);
    await writeFile(join(folder, 'node.pid'), `${process.pid} ${process.pid}\n`);
    expect((await start()).url).toMatch(/^amqp:\/\/tallyhouse:[\w-]{43}@127\.0\.0\.1:\d+\/$/);
  });

  it('quotes its log when it does not start, and frees the folder', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'password'), 'kept');
    await writeFile(join(folder, '.erlang.cookie'), 'kept');
    await writeFile(join(folder, 'data'), 'a regular file');
    await expect(start()).rejects.toThrow(
      /^RabbitMQ exited with code 1 \(log: .*rabbitmq.log\): Error during startup: .*failed_to_create_feature_flags_file/,
    );
    expect(await readdir(folder)).not.toContain('lock');
  });

  it('says which folder cannot be created, and which file is missing', async () => {
    await writeFile(folder, 'a regular file');
    await expect(startIn(join(folder, 'below'))).rejects.toThrow(
      new StartError(`The folder ${folder}/below for RabbitMQ cannot be created or written to (ENOTDIR).`),
    );
    const other = `${folder}-other`;
    await mkdir(join(other, 'data'), { recursive: true });
    await expect(startIn(other)).rejects.toThrow(
      `The file ${other}/password of the RabbitMQ data beside it is missing`,
    );
  });

  it('tells whether it is installed', async () => {
    expect(await isRabbitmqInstalled()).toBe(true);
    expect(await findRabbitmqServer([join(root, 'nowhere')])).toBeUndefined();
  });

  asRoot('runs as root in a folder that only root may enter', async () => {
    await mkdir(folder, { mode: 0o700 });
    const { url } = await startIn(join(folder, 'inside'));
    await publish(url, 'inside');
    expect(await take(url)).toBe('inside');
  });

  asRoot("runs in an ordinary user's folder as that user, who can start it after root was killed", async () => {
    const { uid, gid } = await ordinaryUser();
    await mkdir(folder);
    await chown(folder, uid, gid);
    const { url, process: starter } = await startElsewhere();
    await publish(url, 'of root');
    expect(await ownersBelow(folder)).toEqual(new Set([uid]));
    const processes = groupOf(await nodePid());
    expect(new Set(processes.map((one) => one.uid))).toEqual(new Set([uid]));
    starter.kill('SIGKILL');
    // A clone that only root may enter is of no use to that user.
    const canRead = spawnSync(process.execPath, ['-e', `import('${MODULE}')`], { uid, gid }).status === 0;
    if (!canRead) return;
    expect(await take((await startElsewhere({ uid, gid })).url)).toBe('of root');
  });
});

it('the broker of all tests takes a message and gives it back', async () => {
  const connection = await connect(testBrokerUrl());
  const channel = await connection.createConfirmChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  channel.sendToQueue(queue, Buffer.from('a message'));
  await channel.waitForConfirms();
  expect((await channel.get(queue)) || undefined).toMatchObject({ content: Buffer.from('a message') });
  await connection.close();
});

function start(): Promise<EmbeddedRabbitmq> {
  return startIn(folder);
}

async function startIn(path: string, onExit?: (reason: string) => void): Promise<EmbeddedRabbitmq> {
  const node = await startEmbeddedRabbitmq({ folder: path, ...(onExit && { onExit }) });
  if (node === undefined) throw new Error('no RabbitMQ is installed');
  running.add(node);
  return node;
}

/** Starts the node in `folder` from a process of its own. */
async function startElsewhere(
  user: { uid: number; gid: number } | object = {},
): Promise<{ url: string; process: ChildProcess }> {
  const args = ['--input-type=module', '-e', STARTER, '--', MODULE, folder];
  const starter = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: '/', ...user });
  starters.add(starter);
  const [url] = (await once(createInterface(starter.stdout), 'line')) as [string];
  return { url, process: starter };
}

/** Publishes to a durable quorum queue and awaits the broker's confirmation. */
async function publish(url: string, text: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  channel.sendToQueue(QUEUE, Buffer.from(text), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

/** Consumes one message of the queue. */
async function take(url: string): Promise<string> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const text = await new Promise<string>((resolveText, reject) => {
    const onMessage = (message: { content: Buffer } | null) => resolveText(message?.content.toString() ?? 'cancelled');
    channel.consume(QUEUE, onMessage, { noAck: true }).catch(reject);
  });
  await connection.close();
  return text;
}

/** RabbitMQ 3.10 saves the names of new quorum queues within a second; killed before, it does not find the queue again. */
async function untilQueueIsOnDisk(): Promise<void> {
  const names = join(folder, 'data', 'tallyhouse@localhost', 'quorum', 'tallyhouse@localhost', 'names.dets');
  while (!(await readFile(names, 'latin1')).includes(QUEUE)) await delay(50);
}

async function untilItAnswers(url: string): Promise<void> {
  for (;;) {
    const connection = await connect(url).catch(() => undefined);
    if (connection !== undefined) return connection.close();
    await delay(50);
  }
}

async function nodePid(): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'node.pid'), 'utf8'), 10);
}

interface ProcessLine {
  readonly pid: number;
  readonly group: number;
  readonly uid: number;
  readonly command: string;
}

/** All processes of the group that `pid` is in: supervisor, node, port mapper. */
function groupOf(pid: number): ProcessLine[] {
  const listing = execFileSync('ps', ['-A', '-o', 'pid=,pgid=,uid=,comm='], { encoding: 'utf8' });
  const all = listing.split('\n').map((line): ProcessLine => {
    const [id, group, uid, ...command] = line.trim().split(/\s+/);
    return { pid: Number(id), group: Number(group), uid: Number(uid), command: command.join(' ') };
  });
  const group = all.find((one) => one.pid === pid)?.group;
  return all.filter((one) => one.group === group);
}

/** The ports of a node, as its environment has them. */
async function portsOf(pid: number): Promise<number[]> {
  const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
  const names = ['RABBITMQ_NODE_PORT', 'RABBITMQ_DIST_PORT', 'ERL_EPMD_PORT'];
  return names.map((name) => Number(environment.find((line) => line.startsWith(`${name}=`))?.split('=')[1]));
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connectSocket({ host, port });
  const accepted = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}

async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  const passwd = await readFile('/etc/passwd', 'utf8');
  const [uid = 0, gid = 0] = (/^nobody:[^:]*:(\d+):(\d+):/m.exec(passwd)?.slice(1) ?? []).map(Number);
  return { uid, gid };
}

async function ownersBelow(path: string): Promise<Set<number>> {
  const entries = await readdir(path, { recursive: true });
  return new Set(await Promise.all(entries.map(async (entry) => (await stat(join(path, entry))).uid)));
}

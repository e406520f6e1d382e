import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { messageOf } from './message.js';
import { Spool } from './spool.js';
import { SpoolError } from './worker-errors.js';

let folder: string;
let root: string;
let spool: Spool;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-spool-'));
  root = join(folder, 'a', 'spool');
  spool = new Spool(root, 1e6);
});
afterEach(() => rm(folder, { recursive: true }));

const SIMULATION = '../job:1';
const message = (text = '{"update_key":"k"}') => messageOf('tasks.update', SIMULATION, text);

describe('a spool folder', () => {
  it('gives back what is kept, in order, and lets nobody else read it', async () => {
    const messages = await Promise.all(Array.from({ length: 20 }, (_, n) => message(`[${`${n},`.repeat(5000)}0]`)));
    const own = spool.of(SIMULATION);
    const names: string[] = [];
    for (const one of messages) names.push(await own.put(one));
    expect(await own.pending()).toStrictEqual(names);
    expect(await Promise.all(names.map((name) => own.load(name)))).toStrictEqual(messages);
    expect(dirname(own.path)).toBe(root);
    expect((await stat(own.path)).mode & 0o777).toBe(0o700);
    const files = await readdir(own.path);
    for (const name of files) expect((await stat(join(own.path, name))).mode & 0o777).toBe(0o600);
    expect(new Set(files.map(extname))).toStrictEqual(new Set(['.msg']));
  });

  it('keeps the order where the clock is put back', async () => {
    const own = spool.of(SIMULATION);
    const first = await own.put(await message());
    const now = Date.now;
    Date.now = () => now() - 1e9;
    const second = await own.put(await message()).finally(() => (Date.now = now));
    expect(await own.pending()).toStrictEqual([first, second]);
  });

  it('is bounded and says so', async () => {
    const small = new Spool(root, 1000).of('1');
    await small.put(await message());
    await expect(small.put(await message('1'.repeat(1000)))).rejects.toThrow(/full \(1000 bytes\)/);
    expect(await small.pending()).toHaveLength(1);
  });

  it('says where it cannot be written, and leaves nothing behind', async () => {
    await writeFile(join(folder, 'a'), '');
    await expect(spool.of('1').put(await message())).rejects.toThrow(SpoolError);
    const locked = spool.of('1').locked(
      0,
      () => Promise.resolve(true),
      () => Promise.resolve(),
    );
    await expect(locked).rejects.toThrow(SpoolError);
  });

  it('recognises a damaged file', async () => {
    const own = spool.of(SIMULATION);
    const name = await own.put(await message());
    const bytes = await readFile(join(own.path, name));
    const renamed = Buffer.from(bytes.toString('latin1').replace('tasks.update', 'tasks.upbate'), 'latin1');
    const damaged = [
      bytes.subarray(0, -1),
      bytes.subarray(0, 10),
      Buffer.alloc(0),
      Buffer.concat([bytes, bytes]),
      renamed,
    ];
    for (const wrong of [...damaged, Buffer.from('null\n')]) {
      await writeFile(join(own.path, name), wrong);
      await expect(own.load(name)).rejects.toThrow('damaged');
    }
    await own.remove(name);
    expect(await own.load(name)).toBeUndefined();
  });

  it('tells a refusal once', async () => {
    const own = spool.of(SIMULATION);
    const name = await own.put(await message());
    await own.setAside(name, 403, 'no');
    expect(await own.pending()).toStrictEqual([]);
    expect(await own.takeRefusal(name)).toMatchObject({ status: 403, reason: 'no' });
    expect(await own.takeRefusal(name)).toBeUndefined();
    expect(await readdir(own.path)).toStrictEqual([]);
  });

  it('shows the simulation with the oldest first', async () => {
    for (const simulation of ['b', 'a', 'c']) await spool.of(simulation).put(await message());
    expect((await spool.waiting()).map(({ path }) => path.at(-1))).toStrictEqual(['b', 'a', 'c']);
    expect(await new Spool(join(folder, 'nowhere'), 1).waiting()).toStrictEqual([]);
  });

  it('sweeps away what a killed writer left a day ago', async () => {
    const own = spool.of(SIMULATION);
    await own.put(await message());
    for (const [name, age] of [
      ['old.tmp', 90_000],
      ['new.tmp', 0],
    ] as const) {
      await writeFile(join(own.path, name), '');
      const then = Date.now() / 1000 - age;
      await utimes(join(own.path, name), then, then);
    }
    await own.sweep();
    expect((await readdir(own.path)).filter((name) => name.endsWith('.tmp'))).toStrictEqual(['new.tmp']);
  });

  it('is locked by one at a time, of this process too', async () => {
    const order: string[] = [];
    const own = spool.of(SIMULATION);
    const never = () => Promise.resolve(false);
    await own.locked(Infinity, never, async (isMine) => {
      order.push(`first: ${isMine}`);
      await own.locked(0, never, (isMineToo) => Promise.resolve(order.push(`second: ${isMineToo}`)));
    });
    await own.locked(0, never, (isMine) => Promise.resolve(order.push(`third: ${isMine}`)));
    expect(order).toStrictEqual(['first: true', 'second: false', 'third: true']);
  });
});

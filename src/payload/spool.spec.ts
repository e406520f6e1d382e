import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { Spool, SpoolSink } from './spool.js';

const MIB = 1024 * 1024;

test('what was appended is read back, from memory and from the file', async () => {
  const parts = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(parts, fc.integer({ min: 0, max: 200 }), async (contents, memoryLimit) => {
      const spool = new Spool(memoryLimit);
      const slices = contents.map((content) => spool.append(Buffer.from(content)));
      for (const [index, slice] of slices.entries()) {
        expect(Buffer.from(contents[index] ?? []).equals(Buffer.concat(await spool.read(slice)))).toBe(true);
      }
      const pieces: Buffer[] = [];
      for await (const piece of spool.readAll()) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(Buffer.concat(contents))).toBe(true);
      await spool.close();
    }),
  );
});

test('what goes on behind the limit is held a mebibyte at a time', async () => {
  const spool = new Spool(2 * MIB);
  const append = () => spool.append(Buffer.alloc(MIB - 1));
  const slices = [append(), append(), append(), append(), append(), append()];
  await spool.settled();
  expect(slices.map(({ pieces }) => pieces === undefined)).toStrictEqual([true, true, true, true, true, false]);
  await spool.close();
});

test('the file has no name while it is in use', async () => {
  const before = new Set(await readdir(tmpdir()));
  const spool = new Spool(10);
  spool.append(Buffer.alloc(1_000));
  await spool.settled();
  const names = (await readdir(tmpdir())).filter((name) => name.startsWith('tallyhouse-spool-') && !before.has(name));
  expect(names).toStrictEqual([]);
  await spool.close();
});

test('a sink gathers small writes and keeps large ones whole', async () => {
  const spool = new Spool(1e9);
  const sink = new SpoolSink(spool);
  const text = Buffer.from('x'.repeat(200_000));
  for (const [start, end] of [
    [0, 1],
    [1, 100_000],
    [100_000, 100_005],
    [100_005, 200_000],
  ] as const)
    sink.write(text, start, end);
  sink.end();
  const pieces: Buffer[] = [];
  for await (const piece of spool.readAll()) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(text)).toBe(true);
  await spool.close();
});

import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../embedded/start-error.js';
import { keptSecret } from './secret-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-secret-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('a secret is made once and kept for its owner alone', async () => {
  const path = join(folder, 'secrets', 'jwt');
  const first = await keptSecret(path);
  expect(first.isNew).toBe(true);
  expect(first.secret).toHaveLength(43);
  expect(await keptSecret(path)).toStrictEqual({ secret: first.secret, isNew: false });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, 'secrets'))).mode & 0o777).toBe(0o700);
});

test('processes that start at once agree on one secret', async () => {
  const secrets = await Promise.all(Array.from({ length: 8 }, () => keptSecret(join(folder, 'jwt'))));
  expect(new Set(secrets.map(({ secret }) => secret)).size).toBe(1);
});

test('a damaged or unreachable file is one clear sentence', async () => {
  await writeFile(join(folder, 'short'), 'abc');
  await expect(keptSecret(join(folder, 'short'))).rejects.toThrow(StartError);
  await expect(keptSecret(join(folder, 'short', 'below-a-file'))).rejects.toThrow(/can't be used \(ENOTDIR|EEXIST\)/);
});

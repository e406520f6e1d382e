/**
 * A program that runs inside a mount namespace, where alone the small disk is to be seen. It serves PostgreSQL from a folder on
 * it, and fills and frees the disk, as it is told by the lines that it reads; where these end it ends, and the disk with it.
 * Its arguments: the built `embedded-postgres.js`, and the folder. Text, since it has to run by itself.
 */
export const DISK_KEEPER = `
import { open, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';

const [, embedded, folder] = process.argv;
const { startEmbeddedPostgres } = await import(embedded);
const ballast = folder + '/ballast';
// As little write-ahead log as PostgreSQL can do with; all that a commit promises is on.
const settings = { max_connections: '200', min_wal_size: '32MB', max_wal_size: '32MB', shared_buffers: '16MB' };
let postgres;
let ended = false;

const tasks = {
  async start() {
    await postgres?.stop();
    ended = false;
    postgres = await startEmbeddedPostgres({ folder: folder + '/postgres', settings, onExit: () => (ended = true) });
    return postgres.url;
  },
  async fill() {
    const file = await open(ballast, 'a');
    try {
      for (let bytes = 1048576; bytes >= 512; bytes /= 2) await writeUntilFull(file, Buffer.alloc(bytes));
      return (await file.stat()).size;
    } finally {
      await file.close();
    }
  },
  free: () => rm(ballast, { force: true }),
  ended: async () => ended,
  stop: async () => postgres?.stop(),
};

async function writeUntilFull(file, bytes) {
  try {
    for (;;) await file.write(bytes);
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  }
}

for await (const task of createInterface({ input: process.stdin })) {
  const answer = await tasks[task]().then((result) => ({ result }), (error) => ({ error: error.message }));
  process.stdout.write(JSON.stringify(answer) + '\\n');
}
await postgres?.stop();
await rm(folder + '/postgres', { recursive: true, force: true });
await rm(ballast, { force: true });
`;

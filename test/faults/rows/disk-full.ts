import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { EmbeddedPostgres } from '../../../src/embedded/embedded-postgres.js';
import { call, logIn } from '../../support/client.js';
import type { FaultRow } from '../fault-row.js';
import { FaultScene, USER } from '../fault-scene.js';
import type { FaultWorld } from '../fault-world.js';
import { SmallDisk } from '../small-disk.js';
import { underAlarm } from './under-alarm.js';

const WRITES_PER_TURN = 200;
const NOTICED_MS = 20_000;
const POLL_MS = 50;
const MOST_LOG_FILES = 20;

/** What the disk has no room for: more data, which fails statements, or the next file of the log, which ends PostgreSQL. */
const VICTIMS = ['data', 'write-ahead log'] as const;

export const diskFull: FaultRow = {
  number: 16,
  title: 'disk full for PostgreSQL; RabbitMQ under an alarm',
  short: 2,
  full: 5,
  goals: { 'back ms': 5_000, 'back after the alarm ms': 5_000 },
  run: async ({ world, ...rest }) => {
    const disk = await SmallDisk.open();
    if (disk === undefined) throw new Error('there is no small disk on this machine');
    let ownWorld: FaultWorld | undefined;
    try {
      ownWorld = await world.withPostgres(() => served(disk));
      const options = { world: ownWorld, ...rest, tolerated: /^dead letters$/ };
      return await FaultScene.play(options, async (scene) => {
        await fillAndFree(scene, disk, rest.repetitions);
        await scene.untilDrained();
        const letters = await scene.deadLetters();
        if (letters > 0) scene.fail(`${letters} messages were dead-lettered over a full disk`);
        for (let turn = 0; turn < Math.max(1, rest.repetitions - 3); turn++)
          await underAlarm(scene, rest.repetitions > 2);
      });
    } finally {
      await ownWorld?.databaseNetwork.close();
      await disk.close();
    }
  },
};

async function served(disk: SmallDisk): Promise<EmbeddedPostgres> {
  return { url: await disk.start(), notes: [], stop: () => disk.stopPostgres() };
}

async function fillAndFree(scene: FaultScene, disk: SmallDisk, repetitions: number): Promise<void> {
  const { world, ledger, figures, sightings, options } = scene;
  const { random } = options;
  const token = await logIn(scene.instance.url, USER);
  figures[disk.isMounted ? 'on a tmpfs of its own' : 'on a small file system of the machine'] = repetitions;
  figures['PostgreSQL ended'] = 0;
  const loading = scene.load(WRITES_PER_TURN * (repetitions + 1), 24);
  for (let turn = 0; turn < repetitions; turn++) {
    await ledger.until(WRITES_PER_TURN * turn + random.integer(20, WRITES_PER_TURN));
    await delay(random.integer(0, 50));
    const told = sightings.of('http 503');
    scene.longest('ballast MB', await disk.fill());
    const victim = VICTIMS[turn % VICTIMS.length];
    if (victim === 'write-ahead log') await useUpLog(scene);
    const since = performance.now();
    while (sightings.of('http 503') === told && performance.now() - since < NOTICED_MS) await delay(POLL_MS);
    if (sightings.of('http 503') === told) scene.fail('nobody was told that the disk is full');
    if (victim === 'data') await expectReads(scene, token);
    await delay(random.integer(200, 1_500));
    await disk.free();
    const freed = performance.now();
    // What ended over its log stays down until somebody starts it.
    if (await disk.hasEnded()) {
      figures['PostgreSQL ended'] += 1;
      await world.startPostgres();
    }
    await scene.untilReady('a full disk');
    await ledger.until(ledger.acknowledged + 10);
    scene.longest('back ms', performance.now() - freed);
  }
  await loading;
}

/** Goes on to the next file of the log until there is none that could be used again, and PostgreSQL ends. */
async function useUpLog({ databaseUrl }: FaultScene): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  const next = `SELECT pg_logical_emit_message(true, 'fill', repeat('x', 1000)), pg_switch_wal()`;
  try {
    await client.connect();
    for (let file = 0; file < MOST_LOG_FILES; file++) await client.query(next);
  } catch {
    // That is the end of it.
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function expectReads(scene: FaultScene, token: string): Promise<void> {
  const job = scene.jobs[0]?.job_id ?? '';
  const { status } = await call(`${scene.instance.url}/tasks?job_id=${job}`, { token });
  if (status !== 200) scene.fail(`a read was answered ${status} while the disk was full`);
}

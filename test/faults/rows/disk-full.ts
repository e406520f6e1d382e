import { setTimeout as delay } from 'node:timers/promises';
import type { EmbeddedPostgres } from '../../../src/embedded/embedded-postgres.js';
import { call, logIn } from '../../support/client.js';
import type { FaultRow, RowOptions, RowOutcome } from '../fault-row.js';
import { FaultScene, USER } from '../fault-scene.js';
import type { FaultWorld } from '../fault-world.js';
import { FilledDisk, type FullDisk, StatedFullDisk } from '../full-disk.js';
import { SmallDisk } from '../small-disk.js';
import { underAlarm } from './under-alarm.js';

const WRITES_PER_TURN = 200;
const NOTICED_MS = 20_000;
const POLL_MS = 50;
const MOST_IN_SHORT = 2;

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
    // A container without rights has neither; there PostgreSQL is made to say that its disk is full.
    if (disk === undefined) return played({ world, ...rest }, (scene) => new StatedFullDisk(scene));
    let ownWorld: FaultWorld | undefined;
    try {
      ownWorld = await world.withPostgres(() => served(disk));
      return await played({ world: ownWorld, ...rest }, (scene) => new FilledDisk(scene, disk));
    } finally {
      await ownWorld?.databaseNetwork.close();
      await disk.close();
    }
  },
};

async function served(disk: SmallDisk): Promise<EmbeddedPostgres> {
  return { url: await disk.start(), notes: [], stop: () => disk.stopPostgres() };
}

function played(options: RowOptions, diskOf: (scene: FaultScene) => FullDisk): Promise<RowOutcome> {
  const { repetitions } = options;
  return FaultScene.play({ ...options, tolerated: /^dead letters$/ }, async (scene) => {
    await fillAndFree(scene, diskOf(scene), repetitions);
    await scene.untilDrained();
    const letters = await scene.deadLetters();
    if (letters > 0) scene.fail(`${letters} messages were dead-lettered over a full disk`);
    for (let turn = 0; turn < repetitions; turn++) await underAlarm(scene, repetitions > MOST_IN_SHORT);
  });
}

async function fillAndFree(scene: FaultScene, disk: FullDisk, repetitions: number): Promise<void> {
  const { ledger, figures, sightings, options } = scene;
  const { random } = options;
  const token = await logIn(scene.instance.url, USER);
  figures[disk.means] = repetitions;
  figures['PostgreSQL ended'] = 0;
  const loading = scene.load(WRITES_PER_TURN * (repetitions + 1), 24);
  for (let turn = 0; turn < repetitions; turn++) {
    await ledger.until(WRITES_PER_TURN * turn + random.integer(20, WRITES_PER_TURN));
    await delay(random.integer(0, 50));
    const told = sightings.of('http 503');
    await disk.fill();
    const victim = VICTIMS[turn % VICTIMS.length];
    if (victim === 'write-ahead log') await disk.useUpLog();
    const since = performance.now();
    while (sightings.of('http 503') === told && performance.now() - since < NOTICED_MS) await delay(POLL_MS);
    if (sightings.of('http 503') === told) scene.fail('nobody was told that the disk is full');
    if (victim === 'data') await expectReads(scene, token);
    await delay(random.integer(200, 1_500));
    const freed = performance.now();
    // What ended over its log stays down until somebody starts it.
    if (await disk.free()) figures['PostgreSQL ended'] += 1;
    await scene.untilReady('a full disk');
    await ledger.until(ledger.acknowledged + 10);
    scene.longest('back ms', performance.now() - freed);
  }
  await loading;
}

async function expectReads(scene: FaultScene, token: string): Promise<void> {
  const job = scene.jobs[0]?.job_id ?? '';
  const { status } = await call(`${scene.instance.url}/tasks?job_id=${job}`, { token });
  if (status !== 200) scene.fail(`a read was answered ${status} while the disk was full`);
}

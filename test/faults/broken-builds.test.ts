import {
  ACKNOWLEDGED_BEFORE_COMMIT,
  type Breakage,
  breakBuild,
  COMMIT_NOT_AWAITED,
  LOGS_NOT_AWAITED,
  PAGES_INSERTED_ALWAYS,
  RESULTS_NOT_AWAITED,
  STORED_NOT_LOOKED_AT,
  TASKS_NOT_AWAITED,
} from './broken-build.js';
import { holds } from './fault-row.js';
import { FaultWorld } from './fault-world.js';
import { SeededRandom } from './random.js';
import { everyOrder } from './rows/every-order.js';
import { serverKilled } from './rows/server-killed.js';

let world: FaultWorld;

beforeAll(async () => {
  world = await FaultWorld.start();
});

afterAll(async () => {
  await world.stop();
});

async function outcomeOf(breakage: Breakage, row = serverKilled, repetitions = row.short) {
  const build = await breakBuild(breakage);
  try {
    return await row.run({ world, random: new SeededRandom(20_261_125), repetitions, main: build.main });
  } finally {
    await build.remove();
  }
}

const ANSWERED_TOO_EARLY = [ACKNOWLEDGED_BEFORE_COMMIT, TASKS_NOT_AWAITED, LOGS_NOT_AWAITED, RESULTS_NOT_AWAITED];

test.each([...ANSWERED_TOO_EARLY, COMMIT_NOT_AWAITED])(
  'the suite notices a build in which $title: something is lost',
  async (breakage) => {
    expect((await outcomeOf(breakage)).lost).toBeGreaterThan(0);
  },
  300_000,
);

test('the suite notices a build in which nobody looks at which pages are stored', async () => {
  expect(holds(await outcomeOf(STORED_NOT_LOOKED_AT, everyOrder, 1))).toBe(false);
}, 300_000);

test('the suite notices a build in which pages are inserted each time: something is doubled', async () => {
  expect((await outcomeOf(PAGES_INSERTED_ALWAYS, everyOrder, 1)).doubled).toBeGreaterThan(0);
}, 300_000);

import { FAULT_ROWS } from './fault-rows.js';
import { holds, judged } from './fault-row.js';
import { FaultWorld } from './fault-world.js';
import { SeededRandom } from './random.js';

/** The same every time; `npm run test:faults` takes others. */
const SEED = 1;

let world: FaultWorld;

beforeAll(async () => {
  world = await FaultWorld.start();
});

afterAll(async () => {
  await world.stop();
});

test.each(FAULT_ROWS.map((row) => [row.number, row.title, row] as const))(
  'row %i, %s: nothing is lost, doubled or torn',
  async (number, _, row) => {
    const outcome = await judged(row, { world, random: new SeededRandom(SEED + number), repetitions: row.short });
    expect({ seed: SEED, ...outcome, held: holds(outcome) }).toMatchObject({
      ...{ lost: 0, doubled: 0, torn: 0, failures: [] },
      held: true,
    });
  },
  300_000,
);

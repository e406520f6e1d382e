import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { type FaultRow, holds, judged, type RowOutcome } from './fault-row.js';
import { FAULT_ROWS } from './fault-rows.js';
import { FaultWorld } from './fault-world.js';
import { SeededRandom } from './random.js';

const USAGE = `npm run test:faults -- [--row N]… [--seed S] [--short] [--repetitions R]
  --row N          this row only; may be given several times
  --seed S         repeats a run's moments and contents; a new one if left out
  --short          as often as in npm test
  --repetitions R  so often instead`;

interface Finished {
  readonly number: number;
  readonly title: string;
  readonly repetitions: number;
  readonly seconds: number;
  readonly held: boolean;
  readonly outcome: RowOutcome;
  readonly goals: Readonly<Record<string, number>>;
}

const { values } = parseArgs({
  options: {
    row: { type: 'string', multiple: true },
    seed: { type: 'string' },
    short: { type: 'boolean' },
    repetitions: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help === true) process.stdout.write(`${USAGE}\n`);
else process.exitCode = await runAll();

async function runAll(): Promise<number> {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const rows = FAULT_ROWS.filter(({ number }) => values.row?.includes(String(number)) ?? true);
  if (rows.length === 0 || !Number.isSafeInteger(seed)) {
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  process.stdout.write(`seed ${seed}, Node ${process.version}, ${cpus().length} cores\n`);
  const world = await FaultWorld.start();
  const finished: Finished[] = [];
  try {
    for (const row of rows) finished.push(await runRow(world, row, seed));
  } finally {
    await world.stop();
  }
  await mkdir('coverage', { recursive: true });
  await writeFile('coverage/faults.json', `${JSON.stringify({ seed, rows: finished }, null, 2)}\n`);
  process.stdout.write(`\n${table(finished)}\n\nWritten to coverage/faults.json; repeat with --seed ${seed}\n`);
  return finished.every(({ held }) => held) ? 0 : 1;
}

async function runRow(world: FaultWorld, row: FaultRow, seed: number): Promise<Finished> {
  const { number, title } = row;
  const repetitions = Number(values.repetitions ?? (values.short === true ? row.short : row.full));
  const since = performance.now();
  // Each row has numbers of its own, so that it does the same when it runs alone.
  const outcome = await judged(row, { world, random: new SeededRandom(seed + number), repetitions });
  const seconds = Math.round((performance.now() - since) / 100) / 10;
  const held = holds(outcome);
  process.stdout.write(`row ${number} ${held ? 'holds' : 'FAILS'} (${seconds} s) ${JSON.stringify(outcome)}\n`);
  return { number, title, repetitions, seconds, held, outcome, goals: row.goals ?? {} };
}

function table(finished: readonly Finished[]): string {
  const lines = finished.map(({ number, title, repetitions, seconds, held, outcome, goals }) => {
    const { attempted, acknowledged, lost, doubled, torn, figures } = outcome;
    const more = Object.entries(figures).map(
      ([name, value]) => `${name} ${value}${name in goals ? ` (goal ${goals[name]})` : ''}`,
    );
    const cells = [number, title, repetitions, attempted, acknowledged, lost, doubled, torn];
    return `| ${[...cells, held ? 'holds' : 'fails', seconds, more.join(', ')].join(' | ')} |`;
  });
  const names = ['#', 'fault', 'times', 'attempted', 'acknowledged', 'lost', 'doubled', 'torn', '', 's', 'figures'];
  return [`| ${names.join(' | ')} |`, `|${' --- |'.repeat(names.length)}`, ...lines].join('\n');
}

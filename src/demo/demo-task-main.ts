import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readTaskSettings, type TaskSettings } from '../config/task-settings.js';
import { primariesOfFiles, primariesOfProject } from '../simulations/domain/requested-primaries.js';
import { DEMO_PRIMARIES } from './demo-submission.js';
import { scoreDemo } from './domain/demo-scoring.js';
import { taskLog } from './domain/task-log.js';
import { taskShare } from './domain/task-share.js';

/**
 * The demo simulator as the command of a runner: one task of what was submitted. Of the input it takes the number of
 * primaries only; beam, geometry and outputs are the demo's own, and its log says so.
 */
const STEPS_A_SECOND = 4;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '10' } } });
  const task = readTaskSettings();
  const { taskId, ntasks, seed } = task;
  const requested = taskShare((await primariesOf(task)) ?? DEMO_PRIMARIES, ntasks, taskId);
  const steps = Math.max(1, Math.round(Number(values.seconds) * STEPS_A_SECOND));
  let printed = '';
  for (let step = 0; step <= steps; step++) {
    if (step > 0) await sleep((Number(values.seconds) * 1000) / steps);
    const simulated = Math.floor((requested * step) / steps);
    const state = step < steps ? 'RUNNING' : 'COMPLETED';
    const remaining = 1 - step / steps;
    const log = taskLog({ taskId, state, simulated, requested, remaining }, seed - taskId)['stdout'] ?? '';
    process.stdout.write(log.slice(printed.length));
    printed = log;
    const estimated_time = Math.ceil(remaining * Number(values.seconds));
    const progress = { simulated_primaries: simulated, requested_primaries: requested, estimated_time };
    process.stdout.write(`${JSON.stringify(progress)}\n`);
  }
  const estimators = scoreDemo({ primaries: requested, seed });
  await writeFile(join(task.resultsFolder, 'results.json'), JSON.stringify({ estimators }));
}

/** Over all tasks; undefined where the input does not tell. */
async function primariesOf({ inputType, taskFolder }: TaskSettings): Promise<number | undefined> {
  if (inputType === 'editor') {
    return primariesOfProject(JSON.parse(await readFile(join(taskFolder, 'input.json'), 'utf8')));
  }
  const names = await readdir(taskFolder);
  const texts = names.map(async (name) => [name, await readFile(join(taskFolder, name), 'utf8')] as const);
  return primariesOfFiles(Object.fromEntries(await Promise.all(texts)));
}

await main();

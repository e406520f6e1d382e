import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { finding } from '../report/case-report.js';
import type { BenchCase, Outcome, Scene } from '../scene.js';

const SERVICE = new URL('../../src/main.js', import.meta.url);
const EMPTY_APPLICATION = new URL('../server/empty-nest-main.js', import.meta.url);

export const COLD_START: BenchCase = {
  name: 'cold-start',
  title: 'From the start of the process to the first answer, database present',
  run: runColdStart,
};

async function runColdStart(scene: Scene): Promise<Outcome> {
  const { databaseUrl } = await scene.stage();
  const environment = scene.world.environment(databaseUrl);
  const times = { service: [] as number[], empty: [] as number[] };
  const start = async () => {
    times.service.push(await startMs(SERVICE, environment));
    times.empty.push(await startMs(EMPTY_APPLICATION, environment));
  };
  // Brings the files into memory.
  await start();
  times.service.length = times.empty.length = 0;
  for (let round = 0; round < scene.scale.rounds; round++) await start();
  const ratios = times.service.map((time, round) => time / (times.empty[round] ?? NaN));
  return {
    subjects: [],
    findings: [
      finding('cold-start', 'service / empty Nest application', '×', ratios),
      finding('cold-start', 'service', 'ms', times.service),
      finding('cold-start', 'empty Nest application', 'ms', times.empty),
    ],
    checks: [{ what: 'both became ready', holds: ratios.every((ratio) => ratio > 0) }],
  };
}

/** Milliseconds until the process says that it is ready; then it is ended. */
async function startMs(main: URL, env: Readonly<Record<string, string>>): Promise<number> {
  const since = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', fileURLToPath(main)], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const ready = new Promise<number>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('is ready at')) resolve(performance.now() - since);
    });
    child.once('exit', () => reject(new Error(`ended before it was ready: ${output}`)));
  });
  try {
    return await ready;
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

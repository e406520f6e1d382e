import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { BENCH_CASES } from './cases/bench-cases.js';
import { type BenchOptions, HELP, OptionError, readCommandLine } from './command-line.js';
import { measureRemote } from './remote/measure-remote.js';
import type { CaseReport } from './report/case-report.js';
import { caseTables, goalSummary } from './report/tables.js';
import { type BenchCase, Scene } from './scene.js';
import { BenchWorld } from './world/bench-world.js';

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${told(error)}\n`);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const options = readCommandLine(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP.replace('CASES', BENCH_CASES.map(({ name }) => name).join(', ')));
    return 0;
  }
  const since = performance.now();
  const reports = options.remote === undefined ? await runCases(options) : [await measureRemote(options.remote)];
  if (options.remote !== undefined) process.stdout.write(`${caseTables(reports[0] as CaseReport, options.markdown)}\n`);
  await mkdir(dirname(options.json), { recursive: true });
  await writeFile(options.json, `${JSON.stringify({ ...circumstances(options), cases: reports }, null, 2)}\n`);
  const seconds = Math.round((performance.now() - since) / 1000);
  const summary = options.remote === undefined ? `\n${goalSummary(reports)}\n` : '';
  process.stdout.write(`${summary}\n${seconds} s; written to ${options.json}\n`);
  return reports.every(({ checks }) => checks.every(({ holds }) => holds)) ? 0 : 1;
}

async function runCases(options: BenchOptions): Promise<CaseReport[]> {
  const chosen = chosenCases(options.cases);
  const { quick, rounds, seconds } = options;
  const world = await BenchWorld.start();
  const stop = () => void world.stop().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const scene = new Scene(world, { quick, rounds, seconds, leastRequests: 2 });
  const reports: CaseReport[] = [];
  try {
    for (const { name, title, run } of chosen) {
      const report = { name, title, leftOut: [], ...(await run(scene)) };
      await scene.endCase();
      process.stdout.write(`${caseTables(report, options.markdown)}\n`);
      reports.push(report);
    }
  } finally {
    await world.stop();
  }
  return reports;
}

function chosenCases(names: readonly string[]): readonly BenchCase[] {
  const unknown = names.find((name) => BENCH_CASES.every((one) => one.name !== name));
  if (unknown !== undefined) throw new OptionError(`--case ${unknown}: there is no such case; see --help`);
  return BENCH_CASES.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** Where it went wrong is for those who mend the bench: an option, or a server that is away, is neither. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isExpected =
    error instanceof OptionError || ('code' in error && /^(ERR_PARSE_ARGS|ECONN)/.test(String(error.code)));
  return isExpected ? error.message || String((error as NodeJS.ErrnoException).code) : (error.stack ?? error.message);
}

/** What the figures depend on. */
function circumstances({ quick, rounds, seconds }: BenchOptions): object {
  const processors = cpus();
  const machine = { processor: processors[0]?.model, cores: processors.length, node: process.version };
  return { at: new Date().toISOString(), ...machine, quick, rounds, seconds };
}

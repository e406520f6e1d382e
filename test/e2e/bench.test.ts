import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { GOALS } from '../../bench/goals.js';
import type { CaseReport } from '../../bench/report/case-report.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { type RunningService, startService } from '../support/service.js';

const MAIN = 'dist/bench/bench/bench-main.js';
const CASES = [
  ...['empty', 'read-A', 'read-B', 'read-C', 'read-W', 'read-X', 'readers-X', 'polling'],
  ...['post-16MB', 'post-X', 'page-upserts', 'task-updates', 'crowded', 'cold-start'],
];
const NUMBER_OR_NONE = /^(number|object)$/;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyhouse-bench-test-'));
  await run(['scripts/build-bench.js']);
}, 120_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs a script of the project to its end. Throws with what it said where it fails. */
async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${(await said).join('')}`);
}

async function bench(...options: readonly string[]): Promise<CaseReport[]> {
  const file = join(folder, 'bench.json');
  await run([MAIN, '--json', file, ...options]);
  return (JSON.parse(await readFile(file, 'utf8')) as { cases: CaseReport[] }).cases;
}

test('a quick run measures every case, finds right answers everywhere, and has a figure for every goal', async () => {
  const reports = await bench('--quick');
  expect(reports.map(({ name }) => name)).toEqual(CASES);
  for (const { name, subjects, findings, checks, leftOut } of reports) {
    expect({ name, leftOut, wrong: checks.filter(({ holds }) => !holds) }).toEqual({ name, leftOut: [], wrong: [] });
    expect(checks.length).toBeGreaterThan(0);
    for (const subject of subjects) {
      expect(subject.requests).toBeGreaterThan(0);
      expect(subject.figures.p50Ms.median).toBeGreaterThan(0);
    }
    // What noise made vanish in a round so short has no number.
    for (const { spread } of findings) expect(typeof spread.median).toMatch(NUMBER_OR_NONE);
  }
  const found = reports.flatMap(({ findings }) => findings.flatMap(({ goal }) => goal ?? []));
  expect(found).toHaveLength(GOALS.length);
  expect(found).toEqual(expect.arrayContaining([...GOALS]));
}, 600_000);

test('every read gives the same decoded bytes in gzip and identity, and the JSON of the yardstick', async () => {
  const [report] = await bench('--quick', '--case', 'read-B');
  expect(report?.checks).toEqual([
    { what: '/results: the same bytes in gzip and identity', holds: true },
    { what: '/bench/naive/results: the same bytes in gzip and identity', holds: true },
    { what: '/bench/naive/results: the same JSON as /results', holds: true },
  ]);
}, 120_000);

describe('a server that runs elsewhere', () => {
  let database: TestDatabase;
  let service: RunningService;

  beforeAll(async () => {
    database = await createTestDatabase();
    service = await startService(database.url);
  });

  afterAll(async () => {
    await service.end();
    await database.drop();
  });

  test('is measured as a client sees it', async () => {
    const [report] = await bench('--url', service.url, '--requests', '2', '--pid', String(service.pid));
    expect(report?.subjects.map(({ name, requests }) => [name, requests])).toEqual([
      ['POST /results', 1],
      ['GET /results, gzip', 2],
      ['GET /results, identity', 2],
      ['GET /estimators', 2],
      ['GET tasks', 2],
      ['GET /results, unchanged', 2],
    ]);
    expect(report?.checks).toEqual([{ what: 'the same bytes in gzip and identity', holds: true }]);
  });
});

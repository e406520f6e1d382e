import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ResultsService } from '../../src/results/results.service.js';
import type { ShownTask } from '../../src/tasks/domain/job-progress.js';
import { TASK_STATES } from '../../src/tasks/domain/task-update.js';
import { findTasks, jobProgress } from '../../src/tasks/find-tasks.js';
import { TasksService } from '../../src/tasks/tasks.service.js';
import { DIALECT_ESTIMATORS } from '../../src/yaptide/estimator-list-members.js';
import { printedTasks, shownTasks } from '../support/shown-tasks.js';
import { createTestApp, submitSimulation, type TestApp } from '../support/test-app.js';

let test_: TestApp;

beforeAll(async () => {
  test_ = await createTestApp();
});
afterAll(() => test_.close());

/** Characters that JSON or a careless printer could stumble over; PostgreSQL holds neither U+0000 nor lone surrogates. */
const strange = fc.constantFrom(
  ...[
    '"',
    '\\',
    '/',
    '\b',
    '\f',
    '\n',
    '\r',
    '\t',
    '\u0001',
    '\u000b',
    '\u001f',
    '\u007f',
    '\u0085',
    '\u00a0',
    '<',
    "'",
  ],
  ...['\u2028', '\u2029', '\ufeff', '\uffff', '😀', '\u{10ffff}', 'é', '中', '{', '}', ',', 'null', '$1', '\\u0041'],
);
const name = fc.oneof(
  fc
    .array(fc.oneof(strange, fc.string({ unit: 'grapheme-ascii', maxLength: 3 })), { maxLength: 12 })
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', '')),
  fc.constant('"\\\u2028'.repeat(4_000)),
);
const int4 = fc.oneof(fc.nat(9), fc.nat(2_147_483_647), fc.constant(2_147_483_647));
const page = fc.record({ number: int4, name, bins: fc.array(int4, { maxLength: 3 }) });
const estimators = fc.uniqueArray(
  fc.record({
    name,
    pages: fc.uniqueArray(page, { maxLength: 4, selector: ({ number }) => number }),
  }),
  { maxLength: 4, selector: (estimator) => estimator.name },
);

test('PostgreSQL prints a list of estimators as JavaScript does, whatever the names and numbers', async () => {
  const results = test_.app.get(ResultsService);
  await fc.assert(
    fc.asyncProperty(estimators, async (stored) => {
      const { id, simulation_id } = await submitSimulation(test_);
      await store(id, stored);
      const sorted = stored.map(({ name, pages }) => ({ name, pages: pages.toSorted((a, b) => a.number - b.number) }));
      expect(String((await results.listEstimators(test_.owner, simulation_id).open()).text)).toBe(
        JSON.stringify({
          message: 'Estimators',
          estimators: sorted.map(({ name, pages }) => ({
            name,
            pages: pages.map((page) => ({ page_number: page.number, name: page.name, dimensions: page.bins })),
          })),
        }),
      );
      expect(String((await results.listEstimators(test_.owner, simulation_id, DIALECT_ESTIMATORS).open()).text)).toBe(
        JSON.stringify({
          message: 'Estimators',
          estimators_metadata: sorted.map(({ name, pages }) => ({
            name,
            pages_metadata: pages.map((page) => ({
              page_number: page.number,
              page_name: page.name,
              page_dimension: page.bins.length,
            })),
          })),
        }),
      );
    }),
    { numRuns: 60 },
  );
});

async function store(
  id: number,
  stored: readonly {
    readonly name: string;
    readonly pages: readonly { readonly number: number; readonly name: string; readonly bins: readonly number[] }[];
  }[],
): Promise<void> {
  for (const [no, estimator] of stored.entries()) {
    await test_.database.query('INSERT INTO estimator (simulation_id, no, name, name_hash) VALUES ($1, $2, $3, $4)', [
      ...[id, no, estimator.name, createHash('sha256').update(estimator.name).digest()],
    ]);
    for (const { number, name, bins } of estimator.pages) {
      await test_.database.query(
        `INSERT INTO page (simulation_id, estimator_no, page_number, shape, name, unit, bins, axis_members, digest, payload_id,
                           blocks, streams, stored_bytes, raw_bytes)
         VALUES ($1, $2, $3, 'reference', $4, '""', $5, '{}', '', nextval('payload_id_seq'), 1, 1, 1, 1)`,
        [id, no, number, name, bins],
      );
    }
  }
  // So that there are results, though the list may be empty.
  await test_.database.query('UPDATE result_summary SET pages = 1 WHERE simulation_id = $1', [id]);
}

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const count = fc.oneof(fc.nat(3), fc.maxSafeNat(), fc.constant(Number.MAX_SAFE_INTEGER));
const time = fc
  .oneof(
    fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(10_000, 0, 1) - 1 }),
    fc.constantFrom(Date.UTC(1900, 0, 1), Date.UTC(10_000, 0, 1) - 1, 0, 100, 120, 123_000),
  )
  .map((milliseconds) => new Date(milliseconds).toISOString());
const task: fc.Arbitrary<ShownTask> = fc.record(
  {
    taskId: fc.oneof(fc.nat(6), fc.constant(2_147_483_647)),
    state: fc.constantFrom(...TASK_STATES),
    requestedPrimaries: maybe(count),
    simulatedPrimaries: maybe(count),
    estimatedTime: maybe(count),
    startTime: maybe(time),
    endTime: maybe(time),
    lastUpdateTime: time,
  },
  { noNullPrototype: true },
);

test('the tasks that a reader sees are found and printed as the plain rule and JSON.stringify have them', async () => {
  const given = fc.tuple(
    fc.uniqueArray(task, { maxLength: 8, selector: ({ taskId }) => taskId }),
    fc.integer({ min: 1, max: 5 }),
  );
  await fc.assert(
    fc.asyncProperty(given, async ([stored, ntasks]) => {
      const { id, simulation_id } = await submitSimulation(test_, ntasks);
      for (const { taskId, ...task } of stored) {
        await test_.database.query('INSERT INTO task VALUES ($1, $2, $3, $4, $5, $6, NULL, $7, $8, $9)', [
          ...[id, taskId, task.state, task.requestedPrimaries, task.simulatedPrimaries, task.estimatedTime],
          ...[task.startTime, task.endTime, task.lastUpdateTime],
        ]);
      }
      const tasks = shownTasks(
        stored.toSorted((a, b) => a.taskId - b.taskId),
        ntasks,
      );
      const found = await findTasks(test_.database, test_.owner, simulation_id, jobProgress);
      expect(found?.answer.tasks).toStrictEqual(tasks);
      const { text } = await test_.app.get(TasksService).read(test_.owner, simulation_id).open();
      expect(String(text)).toBe(printedTasks({ jobState: found?.answer.jobState ?? '', tasks }));
    }),
    { numRuns: 100 },
  );
});

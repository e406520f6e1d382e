import fc from 'fast-check';
import { foldTaskUpdates, mergeTaskUpdates } from './task-merge.js';
import { TASK_STATES, type TaskUpdate } from './task-update.js';

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const small = fc.integer({ min: 0, max: 3 });
const update: fc.Arbitrary<TaskUpdate> = fc.record(
  {
    taskId: fc.constant(1),
    state: fc.constantFrom(...TASK_STATES),
    requestedPrimaries: maybe(small),
    simulatedPrimaries: maybe(small),
    estimate: maybe(
      fc.record({ seconds: small, atPrimaries: fc.integer({ min: -1, max: 2 }) }, { noNullPrototype: true }),
    ),
    startTime: maybe(small),
    endTime: maybe(small),
  },
  { noNullPrototype: true },
);

test('merging is commutative', () => {
  fc.assert(
    fc.property(update, update, (a, b) => expect(mergeTaskUpdates(a, b)).toStrictEqual(mergeTaskUpdates(b, a))),
  );
});

test('merging is associative', () => {
  fc.assert(
    fc.property(update, update, update, (a, b, c) =>
      expect(mergeTaskUpdates(mergeTaskUpdates(a, b), c)).toStrictEqual(mergeTaskUpdates(a, mergeTaskUpdates(b, c))),
    ),
  );
});

test('merging is idempotent', () => {
  fc.assert(
    fc.property(update, update, (a, b) => {
      const merged = mergeTaskUpdates(a, b);
      expect(mergeTaskUpdates(merged, a)).toStrictEqual(merged);
      expect(mergeTaskUpdates(merged, merged)).toStrictEqual(merged);
    }),
  );
});

test('a late RUNNING never reopens a COMPLETED task but fills in what is unknown', () => {
  const empty = { requestedPrimaries: null, simulatedPrimaries: null, estimate: null, startTime: null, endTime: null };
  const completed: TaskUpdate = { ...empty, taskId: 1, state: 'COMPLETED', simulatedPrimaries: 10, endTime: 9 };
  const late: TaskUpdate = {
    ...empty,
    taskId: 1,
    state: 'RUNNING',
    simulatedPrimaries: 5,
    requestedPrimaries: 10,
    startTime: 2,
  };
  expect(mergeTaskUpdates(completed, late)).toStrictEqual({ ...completed, requestedPrimaries: 10, startTime: 2 });
});

test('folding gives one update a task, ascending, whatever the order', () => {
  const ofAnyTask = fc.tuple(update, fc.integer({ min: 0, max: 4 })).map(([one, taskId]) => ({ ...one, taskId }));
  fc.assert(
    fc.property(fc.array(ofAnyTask), (updates) => {
      const folded = foldTaskUpdates(updates);
      expect(folded).toStrictEqual(foldTaskUpdates([...updates].reverse()));
      expect(folded.map(({ taskId }) => taskId)).toStrictEqual(
        [...new Set(updates.map(({ taskId }) => taskId))].sort(),
      );
    }),
  );
});

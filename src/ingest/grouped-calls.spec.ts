import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../errors/app-error.js';
import { GroupedCalls } from './grouped-calls.js';

test('a caller alone is answered alone; those who come meanwhile are answered together', async () => {
  const groups: number[][] = [];
  const calls = new GroupedCalls(async (questions: readonly number[]) => {
    groups.push([...questions]);
    await nextTurn();
    return questions.map((question) => question * 10);
  });
  const first = calls.call(1);
  await Promise.resolve();
  await Promise.resolve();
  const later = [2, 3, 4].map((question) => calls.call(question));
  expect(await Promise.all([first, ...later])).toStrictEqual([10, 20, 30, 40]);
  expect(groups).toStrictEqual([[1], [2, 3, 4]]);
});

test('a group ends before it is too heavy, and a heavy question goes alone', async () => {
  const groups: number[][] = [];
  const work = async (questions: readonly number[]) => {
    groups.push([...questions]);
    return Promise.resolve(questions.map(String));
  };
  const calls = new GroupedCalls(work, { weigh: (question) => question, maxWeight: 10 });
  await Promise.all([3, 4, 5, 50, 1].map((question) => calls.call(question)));
  expect(groups).toStrictEqual([[3, 4], [5], [50], [1]]);
});

test('an error for one reaches one', async () => {
  const calls = new GroupedCalls(async (questions: readonly number[]) =>
    Promise.resolve(questions.map((question) => (question === 2 ? new Error('no 2') : question))),
  );
  const outcomes = await Promise.allSettled([1, 2, 3].map((question) => calls.call(question)));
  expect(outcomes.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('where a whole group fails, each is tried alone', async () => {
  const calls = new GroupedCalls(async (questions: readonly number[]) => {
    if (questions.includes(2)) throw new Error('a poisonous question');
    return Promise.resolve(questions);
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((question) => calls.call(question)));
  expect(outcomes.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('where the database is away nobody is tried alone', async () => {
  let works = 0;
  const calls = new GroupedCalls((): Promise<number[]> => {
    works++;
    throw new AppError('unavailable', 'away');
  });
  await Promise.allSettled([1, 2, 3].map((question) => calls.call(question)));
  expect(works).toBe(1);
});

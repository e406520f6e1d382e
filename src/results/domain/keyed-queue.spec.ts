import { KeyedQueue } from './keyed-queue.js';

test('work of one key comes one after the other, also behind a failure', async () => {
  const queue = new KeyedQueue<string>();
  const seen: string[] = [];
  const step =
    (name: string, fails = false) =>
    async () => {
      seen.push(`${name} begins`);
      await Promise.resolve();
      seen.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
  const outcomes = await Promise.allSettled([
    queue.run('a', step('1')),
    queue.run('a', step('2', true)),
    queue.run('a', step('3')),
  ]);
  expect(seen).toStrictEqual(['1 begins', '1 ends', '2 begins', '2 ends', '3 begins', '3 ends']);
  expect(outcomes.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('work of different keys runs side by side', async () => {
  const queue = new KeyedQueue<string>();
  let release: () => void = () => undefined;
  const blocked = queue.run('a', () => new Promise<void>((resolve) => (release = resolve)));
  await expect(queue.run('b', () => Promise.resolve('done'))).resolves.toBe('done');
  release();
  await blocked;
});

import { AppError } from '../errors/app-error.js';
import { WorkLimit } from './work-limit.js';

describe('WorkLimit', () => {
  /** A work that runs until it is let go; `begun` resolves once it runs. */
  const work = () => {
    let begin = () => {};
    let finish = () => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const finished = new Promise<void>((resolve) => (finish = resolve));
    const state = { running: false, begun, finish, run: () => ((state.running = true), begin(), finished) };
    return state;
  };

  it('runs no more at once than it may, the others in order of arrival', async () => {
    const limit = new WorkLimit(2, 8, 'busy');
    const works = [work(), work(), work(), work()] as const;
    const results = works.map((one) => limit.run(one.run));
    await Promise.all([works[0].begun, works[1].begun]);
    expect(works.map((one) => one.running)).toEqual([true, true, false, false]);
    works[1].finish();
    await works[2].begun;
    expect(works.map((one) => one.running)).toEqual([true, true, true, false]);
    works[0].finish();
    await works[3].begun;
    works[2].finish();
    works[3].finish();
    await Promise.all(results);
  });

  it('refuses at once what the queue has no room for', async () => {
    const limit = new WorkLimit(1, 1, 'Too many logins at once');
    const [running, waiting, surplus] = [work(), work(), work()];
    const results = [limit.run(running.run), limit.run(waiting.run)];
    await expect(limit.run(surplus.run)).rejects.toMatchObject(
      new AppError('unavailable', 'Too many logins at once', 1),
    );
    running.finish();
    waiting.finish();
    await Promise.all(results);
    expect(surplus.running).toBe(false);
  });

  it('gives the place free where a work fails', async () => {
    const limit = new WorkLimit(1, 0, 'busy');
    await expect(limit.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(limit.run(() => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});

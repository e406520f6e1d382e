import { Receipt } from '../worker-client/receipt.js';
import type { ResultsOptions, TaskUpdate } from '../worker-client/worker-calls.js';
import { type DemoProgress, type DemoShow, playDemo } from './demo-worker.js';
import type { Estimator } from './domain/estimator.js';

interface Recording {
  results: { estimators: Estimator[]; options: ResultsOptions }[];
  logfiles: { taskId: number | undefined; files: Readonly<Record<string, unknown>> }[];
  tasks: { taskId: number; update: TaskUpdate }[];
  end: DemoProgress;
}

/** Plays a show without waiting and keeps everything that would have been sent. */
async function play(plan: Partial<DemoShow['plan']>): Promise<Recording> {
  const results: Recording['results'] = [];
  const logfiles: Recording['logfiles'] = [];
  const tasks: Recording['tasks'] = [];
  const kept = (_: number) => Promise.resolve(new Receipt(1));
  const end = await playDemo({
    plan: { tasks: 3, primaries: 3000, failing: new Set(), seed: 1, ...plan },
    sender: {
      results: (estimators, options) =>
        kept(results.push({ estimators: [...estimators] as Estimator[], options: options ?? {} })),
      logfiles: (files, taskId) => kept(logfiles.push({ taskId, files })),
      task: (taskId, update) => kept(tasks.push({ taskId, update: update ?? {} })),
    },
    seconds: 20,
    pace: () => Promise.resolve(),
    now: () => new Date('2026-01-01T00:00:00Z'),
    onProgress: () => undefined,
  });
  return { results, logfiles, tasks, end };
}

describe('playDemo', () => {
  it('sends partial results with ever more primaries and final results once, last', async () => {
    const { results } = await play({});
    const primaries = results.map((sent) => Number(sent.estimators[0]?.metadata['number_of_primaries']));
    expect(primaries).toEqual([...primaries].sort((a, b) => a - b));
    expect(primaries.at(-1)).toBe(3000);
    expect(results.map(({ options }) => options.partial)).toEqual([...results.slice(1).map(() => true), false]);
    const revisions = results.map(({ options }) => options.revision);
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('takes every task from RUNNING to COMPLETED, with growing primaries and an end time', async () => {
    const { tasks, logfiles } = await play({});
    for (const taskId of [1, 2, 3]) {
      const updates = tasks.filter((sent) => sent.taskId === taskId).map(({ update }) => update);
      expect(updates[0]?.task_state).toBe('RUNNING');
      expect(updates.at(-1)).toMatchObject({ task_state: 'COMPLETED', simulated_primaries: 1000, estimated_time: 0 });
      expect(updates.at(-1)).toHaveProperty('end_time');
      expect(logfiles.filter((sent) => sent.taskId === taskId).at(-1)?.files['stdout']).toContain('Run completed');
    }
  });

  it('reports a failing task with its error and merges the others', async () => {
    const { tasks, logfiles, results, end } = await play({ failing: new Set([2]) });
    expect(tasks.filter(({ taskId }) => taskId === 2).at(-1)?.update.task_state).toBe('FAILED');
    expect(logfiles.filter(({ taskId }) => taskId === 2).at(-1)?.files['stderr']).toContain('ERROR');
    expect(results.at(-1)?.estimators[0]?.metadata['number_of_primaries']).toBe('2000');
    expect(end.stored).toBe('final results');
  });

  it('sends no final results where every task fails', async () => {
    const { results, end } = await play({ failing: new Set([1, 2, 3]) });
    expect(results.every(({ options }) => options.partial === true)).toBe(true);
    expect(end.stored).toBe('nothing');
  });
});

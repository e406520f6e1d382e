import { type DemoProgress, type DemoShow, playDemo } from './demo-worker.js';
import type { LogfilesBody, ResultsBody, TaskBody } from './worker-port.js';

interface Recording {
  results: ResultsBody[];
  logfiles: LogfilesBody[];
  tasks: TaskBody[];
  end: DemoProgress;
}

/** Plays a show without waiting and keeps every body that a transport would have carried. */
async function play(plan: Partial<DemoShow['plan']>): Promise<Recording> {
  const results: ResultsBody[] = [];
  const logfiles: LogfilesBody[] = [];
  const tasks: TaskBody[] = [];
  const keep =
    <T>(list: T[]) =>
    (body: T): Promise<void> => {
      list.push(body);
      return Promise.resolve();
    };
  const end = await playDemo({
    plan: { tasks: 3, primaries: 3000, failing: new Set(), seed: 1, ...plan },
    identity: { simulation_id: 'job-1', update_key: 'k'.repeat(32) },
    port: { results: keep(results), logfiles: keep(logfiles), task: keep(tasks) },
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
    const primaries = results.map((body) => Number(body.estimators[0]?.metadata['number_of_primaries']));
    expect(primaries).toEqual([...primaries].sort((a, b) => a - b));
    expect(primaries.at(-1)).toBe(3000);
    expect(results.map((body) => body.partial)).toEqual([...results.slice(1).map(() => true), undefined]);
    const revisions = results.map((body) => body.revision);
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it('takes every task from RUNNING to COMPLETED, with growing primaries and an end time', async () => {
    const { tasks, logfiles } = await play({});
    for (const taskId of [1, 2, 3]) {
      const updates = tasks.filter((body) => body.task_id === taskId).map((body) => body.update_dict);
      expect(updates[0]?.task_state).toBe('RUNNING');
      expect(updates.at(-1)).toMatchObject({ task_state: 'COMPLETED', simulated_primaries: 1000, estimated_time: 0 });
      expect(updates.at(-1)).toHaveProperty('end_time');
      expect(logfiles.filter((body) => body.task_id === taskId).at(-1)?.logfiles['stdout']).toContain('Run completed');
    }
  });

  it('reports a failing task with its error and merges the others', async () => {
    const { tasks, logfiles, results, end } = await play({ failing: new Set([2]) });
    expect(tasks.filter((body) => body.task_id === 2).at(-1)?.update_dict.task_state).toBe('FAILED');
    expect(logfiles.filter((body) => body.task_id === 2).at(-1)?.logfiles['stderr']).toContain('ERROR');
    expect(results.at(-1)?.estimators[0]?.metadata['number_of_primaries']).toBe('2000');
    expect(end.stored).toBe('final results');
  });

  it('sends no final results where every task fails', async () => {
    const { results, end } = await play({ failing: new Set([1, 2, 3]) });
    expect(results.every((body) => body.partial === true)).toBe(true);
    expect(end.stored).toBe('nothing');
  });
});

/** What a runner tells the command that it runs for one task (docs/workers.md). */
export interface TaskSettings {
  readonly taskId: number;
  readonly ntasks: number;
  readonly seed: number;
  readonly inputType: 'editor' | 'files';
  readonly taskFolder: string;
  readonly resultsFolder: string;
}

/** Reads them from the environment; throws an Error that names what is missing. */
export function readTaskSettings(env: Readonly<Record<string, string | undefined>> = process.env): TaskSettings {
  const text = (name: string): string => {
    const value = env[name];
    if (value === undefined) throw new Error(`${name} is not set: this program is started by a runner`);
    return value;
  };
  return {
    taskId: Number(text('TASK_ID')),
    ntasks: Number(text('NTASKS')),
    seed: Number(text('SEED')),
    inputType: text('INPUT_TYPE') === 'files' ? 'files' : 'editor',
    taskFolder: text('TASK_FOLDER'),
    resultsFolder: text('RESULTS_FOLDER'),
  };
}

/** The states that a job can be in; UNKNOWN only where it was imported. */
export const JOB_STATES = [
  'PENDING',
  'RUNNING',
  'MERGING_QUEUED',
  'MERGING_RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELED',
  'UNKNOWN',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Whether a job in this state is over, so that nobody works on it any more. */
export function hasEnded(state: JobState): boolean {
  return ENDED.has(state);
}

const ENDED: ReadonlySet<JobState> = new Set(['COMPLETED', 'FAILED', 'CANCELED', 'UNKNOWN']);

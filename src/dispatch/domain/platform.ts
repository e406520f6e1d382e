/** How the platform runs the tasks of a simulation: at once by workers of its own, or in a batch system. */
export type Platform = 'DIRECT' | 'BATCH';

/** The number of the first task, as the platform's workers of either kind number them. */
export function firstTaskId(platform: Platform): 0 | 1 {
  return platform === 'DIRECT' ? 0 : 1;
}

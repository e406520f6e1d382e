/** A task's even share of the primaries of all; tasks numbered from 0 or from 1, the first take what does not divide. */
export function taskShare(primaries: number, ntasks: number, taskId: number): number {
  return Math.floor(primaries / ntasks) + (taskId % ntasks < primaries % ntasks ? 1 : 0);
}

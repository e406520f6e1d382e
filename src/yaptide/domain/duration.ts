/** A time span in parts; minutes and seconds are below 60. */
export interface Duration {
  readonly hours: number;
  readonly minutes: number;
  readonly seconds: number;
}

/** Whole seconds in parts. */
export function durationOf(seconds: number): Duration {
  return { hours: Math.floor(seconds / 3_600), minutes: Math.floor(seconds / 60) % 60, seconds: seconds % 60 };
}

/** How a list of estimators and their pages names what it tells. */
export interface EstimatorListMembers {
  /** Its own among all such lists; part of what the ETag is made of. */
  readonly list: string;
  readonly estimators: string;
  readonly pages: string;
  /** Name → what is told of a page: its number, its name, the numbers of bins along its axes, or how many axes it has. */
  readonly page: Readonly<Record<string, 'number' | 'name' | 'bins' | 'axes'>>;
}

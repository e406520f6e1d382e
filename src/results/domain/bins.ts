/**
 * The number of bins along each axis, from the entries of the axes and the number of values (contract, section 5):
 * either every axis has one entry a bin, or every axis one more (edges).
 *
 * @returns the bins, or undefined where the numbers don't fit either way
 */
export function binsOf(axisEntries: readonly number[], values: number): number[] | undefined {
  if (product(axisEntries) === values) return [...axisEntries];
  const betweenEdges = axisEntries.map((entries) => entries - 1);
  if (axisEntries.length > 0 && betweenEdges.every((bins) => bins >= 0) && product(betweenEdges) === values) {
    return betweenEdges;
  }
  return undefined;
}

function product(factors: readonly number[]): number {
  return factors.reduce((all, factor) => all * factor, 1);
}

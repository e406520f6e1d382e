/** Below this expectation counts are drawn exactly; above, the normal approximation is as good and takes constant time. */
const FEW = 40;

/**
 * A stream of uniform numbers in (0, 1), the same for the same seed and stream number: a counter whose steps are mixed
 * (a SplitMix generator, Steele, Lea & Flood, OOPSLA 2014, in 32 bits). For demonstration data, not for cryptography.
 */
export function uniformStream(seed: number, stream: number): () => number {
  let state = mix((seed >>> 0) ^ mix(stream + 1));
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    return (mix(state) + 0.5) / 2 ** 32;
  };
}

/**
 * A Poisson-distributed count divided by its expectation: 1 on average, with a relative error of 1/√expected, never
 * negative. It takes exactly two numbers of the stream, so that a bin meets the same luck at any number of primaries
 * and a partial result sharpens towards the final one.
 */
export function countOverExpected(expected: number, uniform: () => number): number {
  const [first, second] = [uniform(), uniform()];
  if (!(expected > 0)) return 0;
  if (expected < FEW) return smallCount(expected, first) / expected;
  const normal = Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
  return Math.max(0, 1 + normal / Math.sqrt(expected));
}

/** The smallest count whose cumulative Poisson probability reaches `probability`. */
function smallCount(expected: number, probability: number): number {
  let count = 0;
  let term = Math.exp(-expected);
  let cumulative = term;
  while (cumulative < probability && count < 10 * FEW) {
    count += 1;
    term *= expected / count;
    cumulative += term;
  }
  return count;
}

function mix(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

import fc from 'fast-check';
import { countOverExpected, uniformStream } from './counting-noise.js';

function sample(expected: number, draws: number, seed: number): { mean: number; variance: number } {
  const uniform = uniformStream(seed, 0);
  const counts = Array.from({ length: draws }, () => countOverExpected(expected, uniform));
  const mean = counts.reduce((sum, count) => sum + count, 0) / draws;
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (draws - 1);
  return { mean, variance };
}

describe('uniformStream', () => {
  it('gives the same numbers for the same seed and others for another seed or stream', () => {
    const draw = (seed: number, stream: number): number[] => Array.from({ length: 5 }, uniformStream(seed, stream));
    expect(draw(7, 3)).toEqual(draw(7, 3));
    expect(draw(8, 3)).not.toEqual(draw(7, 3));
    expect(draw(7, 4)).not.toEqual(draw(7, 3));
  });

  it('stays strictly between 0 and 1', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(1000), (seed, stream) => {
        const value = uniformStream(seed, stream)();
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThan(1);
      }),
    );
  });
});

describe('countOverExpected', () => {
  it.each([0.3, 5, 39, 41, 1000, 1e6])(
    'of %p expected counts is 1 on average, with a variance of one over it',
    (expected) => {
      const draws = 20_000;
      const { mean, variance } = sample(expected, draws, 11);
      expect(Math.abs(mean - 1)).toBeLessThan(5 / Math.sqrt(expected * draws));
      expect(variance * expected).toBeGreaterThan(0.9);
      expect(variance * expected).toBeLessThan(1.1);
    },
  );

  it('is finite and never negative, and 0 where nothing is expected', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.integer(), (expected, seed) => {
        const ratio = countOverExpected(expected, uniformStream(seed, 0));
        expect(Number.isFinite(ratio) && ratio >= 0).toBe(true);
      }),
    );
    expect(countOverExpected(0, uniformStream(1, 0))).toBe(0);
  });
});

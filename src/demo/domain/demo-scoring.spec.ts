import fc from 'fast-check';
import { scoreDemo } from './demo-scoring.js';
import type { EstimatorPage } from './estimator.js';

function allPages(primaries: number, seed: number): EstimatorPage[] {
  return scoreDemo({ primaries, seed }).flatMap((estimator) => estimator.pages);
}

/** Values of the depth dose; its first 200 bins (10 cm) are the plateau, reached by nearly every primary. */
function depthDoseValues(primaries: number, seed: number): number[] {
  return allPages(primaries, seed)[0]?.data.values ?? [];
}

function noise(primaries: number): number {
  const expected = depthDoseValues(1e15, 1);
  const deviations = depthDoseValues(primaries, 5)
    .slice(0, 200)
    .map((value, bin) => (value / (expected[bin] ?? NaN) - 1) ** 2);
  return Math.sqrt(deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length);
}

describe('scoreDemo', () => {
  it('fills every page of every dimension with finite, non-negative values, as many as its bins', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e7 }), fc.integer(), (primaries, seed) => {
        for (const page of allPages(primaries, seed)) {
          const bins = (page.axis_dim1?.values.length ?? 1) * (page.axis_dim2?.values.length ?? 1);
          expect(page.data.values).toHaveLength(bins);
          expect(page.data.values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
        }
      }),
      { numRuns: 10 },
    );
    expect(allPages(1000, 1).map((page) => page.dimensions)).toEqual([1, 1, 1, 2, 1, 0, 0, 0]);
  });

  it('numbers the pages of each estimator from 0, as text, the way workers do', () => {
    for (const estimator of scoreDemo({ primaries: 1000, seed: 1 })) {
      const numbers = estimator.pages.map((page) => page.metadata['page_number']);
      expect(numbers).toEqual(estimator.pages.map((_, index) => String(index)));
    }
  });

  it('gives the same numbers for the same seed and others for another', () => {
    expect(scoreDemo({ primaries: 5000, seed: 3 })).toEqual(scoreDemo({ primaries: 5000, seed: 3 }));
    expect(depthDoseValues(5000, 4)).not.toEqual(depthDoseValues(5000, 3));
  });

  it('has noise that shrinks with the square root of the primaries', () => {
    for (const primaries of [1000, 10_000, 100_000]) {
      expect(noise(primaries) * Math.sqrt(primaries)).toBeGreaterThan(0.8);
      expect(noise(primaries) * Math.sqrt(primaries)).toBeLessThan(1.3);
    }
  });

  it('runs along y first in the map: the beam is in the middle of the first 80 values', () => {
    const map = allPages(1e15, 1)[3]?.data.values.slice(0, 80) ?? [];
    const highest = map.indexOf(Math.max(...map));
    expect([39, 40]).toContain(highest);
  });

  it('puts the same dose into the map as into the depth curve', () => {
    const [depth, , , map] = allPages(1e15, 1);
    const along = (depth?.data.values.reduce((sum, value) => sum + value, 0) ?? 0) * Math.PI * 25 * 0.05;
    const across = (map?.data.values.reduce((sum, value) => sum + value, 0) ?? 0) * 0.5 * 0.05 * 0.1;
    expect(across / along).toBeGreaterThan(0.4); // the map is a slice of 0.5 cm through a spot of 0.3 to 0.5 cm
    expect(across / along).toBeLessThan(0.6);
  });
});

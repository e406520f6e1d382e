import { countOverExpected, uniformStream } from './counting-noise.js';
import { type DemoDetector, demoDetectors } from './demo-detectors.js';
import { type Estimator, estimatorPage } from './estimator.js';

/** A mean over primaries scatters less than a count of them: as if each primary counted this often. */
const COUNTS_PER_MEAN = 10;

type DetectorPage = DemoDetector['pages'][number];

/** The expectations depend on nothing but the demo's constants, so they are worked out once. */
let detectors: DemoDetector[] | undefined;

/**
 * The estimators that the demo's simulator scores with so many primaries in total, per primary, in the shape that workers
 * post: depth dose and LET (400 bins), a dose map (80 × 200), a proton spectrum (320 bins) and single-bin entrance values.
 * The expectations are analytical (sources in `proton-beam.ts`, `lateral-spread.ts`, `linear-energy-transfer.ts`); a bin's
 * relative error is 1/√(primaries · expected share). The same seed and number of primaries give the same values, more
 * primaries the same picture with less noise. Values are finite and never negative.
 */
export function scoreDemo(options: { primaries: number; seed: number }): Estimator[] {
  detectors ??= demoDetectors();
  let stream = 0; // every page takes a stream of its own, so that pages do not share their luck
  return detectors.map((detector) => ({
    name: detector.name,
    metadata: {
      file_corename: detector.name,
      geo_name: detector.geometry,
      mc_code_version: 'Tallyhouse demo, analytical proton beam model (Bortfeld 1997)',
      number_of_primaries: String(options.primaries),
      page_count: String(detector.pages.length),
    },
    pages: detector.pages.map((page, pageNumber) => {
      const values = score(page, options.primaries, uniformStream(options.seed, stream++));
      return estimatorPage(pageNumber, page.quantity, { name: page.name, unit: page.unit, values }, page.axes);
    }),
  }));
}

function score(page: DetectorPage, primaries: number, uniform: () => number): number[] {
  return page.expected.map(({ value, share }) => {
    const contributions = primaries * share;
    if (page.kind === 'count') return value * countOverExpected(contributions, uniform);
    const luck = countOverExpected(contributions * COUNTS_PER_MEAN, uniform);
    return contributions < 1 ? 0 : value * luck; // a mean needs someone to average over
  });
}

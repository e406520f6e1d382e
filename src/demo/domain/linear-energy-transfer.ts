import { ALPHA, P, type ProtonBeam, rangeOf, rangeSpread, survivingShare } from './proton-beam.js';

/** Residual ranges are averaged over this length, cm: it keeps the stopping power of the last micrometres finite. */
const REGULARISATION = 2e-4;

/** Below this share of surviving primaries no mean is given: a simulator would have scored nothing. */
const FEWEST = 1e-6;

const KEV_PER_UM = 0.1; // of one MeV/cm

/** Track-averaged and dose-averaged linear energy transfer, keV/µm. */
export interface MeanLet {
  track: number;
  dose: number;
}

/**
 * Mean unrestricted LET of the primaries at a depth in cm, keV/µm; both 0 where none is left. After J. J. Wilkens and
 * U. Oelfke, "Analytical linear energy transfer calculations for proton therapy", Med. Phys. 30 (2003) 806–815: means of
 * the Bragg–Kleeman stopping power over a Gaussian of residual ranges; their integrals are summed numerically here.
 */
export function meanLet(beam: ProtonBeam, depth: number): MeanLet {
  if (survivingShare(beam, depth) < FEWEST) return { track: 0, dose: 0 };
  const mean = rangeOf(beam.energy) - depth;
  const sigma = rangeSpread(beam);
  const exponent = 1 / P;
  const linear = ALPHA ** -exponent;
  const squared = ALPHA ** (-2 * exponent) / (P * (2 - P));
  let weights = 0;
  let stopping = 0;
  let stoppingSquared = 0;
  forEachResidualRange(mean, sigma, (range, weight) => {
    weights += weight;
    stopping += weight * linear * meanSlope(range, exponent);
    stoppingSquared += weight * squared * meanSlope(range, 2 * exponent - 1);
  });
  return { track: (KEV_PER_UM * stopping) / weights, dose: (KEV_PER_UM * stoppingSquared) / stopping };
}

/** Mean slope of range^exponent over the regularisation length that begins at `range`. */
function meanSlope(range: number, exponent: number): number {
  return ((range + REGULARISATION) ** exponent - range ** exponent) / REGULARISATION;
}

/** Midpoints, with Gaussian weights, in v = √range: that packs them where the stopping power is steep. */
function forEachResidualRange(mean: number, sigma: number, visit: (range: number, weight: number) => void): void {
  const first = Math.sqrt(Math.max(0, mean - 6 * sigma));
  const last = Math.sqrt(Math.max(mean, 0) + 6 * sigma);
  const steps = 400;
  for (let step = 0; step < steps; step += 1) {
    const root = first + ((last - first) * (step + 0.5)) / steps;
    visit(root ** 2, root * Math.exp(-((root ** 2 - mean) ** 2) / (2 * sigma ** 2)));
  }
}

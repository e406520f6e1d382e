import fc from 'fast-check';
import { lateralSpread } from './lateral-spread.js';
import { meanLet } from './linear-energy-transfer.js';
import {
  type ProtonBeam,
  depthDose,
  energyOf,
  rangeOf,
  rangeSpread,
  shareBetween,
  survivingShare,
} from './proton-beam.js';

const beam: ProtonBeam = { energy: 150, energySpread: 0.75 };
const therapeutic = fc.record({
  energy: fc.double({ min: 60, max: 200, noNaN: true }),
  energySpread: fc.double({ min: 0, max: 2, noNaN: true }),
});

/** Depth in cm of the highest dose, to a tenth of a millimetre. */
function peakDepth(of: ProtonBeam): number {
  const depths = Array.from({ length: 3000 }, (_, step) => step * 0.01);
  return depths.reduce((best, depth) => (depthDose(of, depth) > depthDose(of, best) ? depth : best), 0);
}

describe('the Bragg curve', () => {
  it('of 150 MeV protons peaks within 3 % of the tabulated range in water, 15.8 cm', () => {
    expect(Math.abs(peakDepth(beam) / 15.8 - 1)).toBeLessThan(0.03);
  });

  it('rises from the entrance to the peak as measured curves do, three to five times', () => {
    const ratio = depthDose(beam, peakDepth(beam)) / depthDose(beam, 0);
    expect(ratio).toBeGreaterThan(3);
    expect(ratio).toBeLessThan(5);
  });

  it('begins with the stopping power of 150 MeV protons, 5.45 MeV·cm²/g, and a sixth more from nuclear interactions', () => {
    expect(depthDose(beam, 0) / 5.45).toBeGreaterThan(1.1);
    expect(depthDose(beam, 0) / 5.45).toBeLessThan(1.2);
  });

  it('agrees in the plateau with the formula for a beam without straggling', () => {
    const remaining = rangeOf(150) - 5;
    const plateau = (17.93 * remaining ** -0.435 + 0.444 * remaining ** 0.565) / (1 + 0.012 * rangeOf(150));
    expect(depthDose(beam, 5) / plateau).toBeCloseTo(1, 2);
  });

  it('falls to nothing beyond the range, and is finite and non-negative everywhere', () => {
    fc.assert(
      fc.property(therapeutic, fc.double({ min: 0, max: 60, noNaN: true }), (anyBeam, depth) => {
        const dose = depthDose(anyBeam, depth);
        expect(Number.isFinite(dose) && dose >= 0).toBe(true);
        const beyond = rangeOf(anyBeam.energy) + 6 * rangeSpread(anyBeam);
        expect(depthDose(anyBeam, beyond)).toBeLessThan(1e-6 * depthDose(anyBeam, 0));
      }),
    );
  });

  it('deposits the energy that the protons bring, less what neutrons and gammas carry away', () => {
    const step = 0.01;
    let deposited = 0;
    for (let depth = step / 2; depth < 20; depth += step) deposited += depthDose(beam, depth) * step;
    expect(deposited / 150).toBeGreaterThan(0.9);
    expect(deposited / 150).toBeLessThan(1);
  });
});

describe('the beam', () => {
  it('turns range into energy and back', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 250, noNaN: true }), (energy) => {
        expect(energyOf(rangeOf(energy)) / energy).toBeCloseTo(1, 10);
      }),
    );
    expect(energyOf(-1)).toBe(0);
  });

  it('loses primaries on its way and never gains any', () => {
    fc.assert(
      fc.property(therapeutic, fc.double({ min: 0, max: 30, noNaN: true }), (anyBeam, depth) => {
        const here = survivingShare(anyBeam, depth);
        expect(here).toBeLessThanOrEqual(1);
        expect(here).toBeGreaterThanOrEqual(survivingShare(anyBeam, depth + 0.1) - 1e-12);
      }),
    );
  });

  it('has a spectrum whose bins add up to the surviving primaries', () => {
    let sum = 0;
    for (let energy = 0; energy < 200; energy += 0.5) sum += shareBetween(beam, 14, energy, energy + 0.5);
    expect(sum).toBeCloseTo(survivingShare(beam, 14), 10);
  });

  it('widens with depth, by scattering, to 2.2 % of its range', () => {
    expect(lateralSpread(beam, 0.3, 0)).toBeCloseTo(0.3, 12);
    const widths = Array.from({ length: 20 }, (_, depth) => lateralSpread(beam, 0, depth));
    widths.slice(1).forEach((width, index) => expect(width).toBeGreaterThanOrEqual(widths[index] ?? 0));
    expect(lateralSpread(beam, 0, rangeOf(150)) / rangeOf(150)).toBeCloseTo(0.0224, 4);
  });
});

describe('the linear energy transfer', () => {
  it('is that of 150 MeV protons at the entrance, about 0.55 keV/µm', () => {
    const entrance = meanLet(beam, 0);
    expect(Math.abs(entrance.track / 0.545 - 1)).toBeLessThan(0.08);
    expect(entrance.dose / entrance.track).toBeCloseTo(1, 2);
  });

  it('rises with depth, the dose average above the track average', () => {
    for (let depth = 0; depth < 16; depth += 0.25) {
      expect(meanLet(beam, depth + 0.25).dose).toBeGreaterThan(meanLet(beam, depth).dose);
      expect(meanLet(beam, depth).dose).toBeGreaterThan(meanLet(beam, depth).track);
    }
  });

  it('reaches 4 to 12 keV/µm at the peak, and is 0 where no primary is left', () => {
    const peak = meanLet(beam, peakDepth(beam)).dose;
    expect(peak).toBeGreaterThan(4);
    expect(peak).toBeLessThan(12);
    expect(meanLet(beam, 19)).toEqual({ track: 0, dose: 0 });
  });
});

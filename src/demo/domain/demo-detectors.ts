import { type Quantity, binCentres } from './estimator.js';
import { normalCdf } from './gaussian-moment.js';
import { lateralSpread } from './lateral-spread.js';
import { meanLet } from './linear-energy-transfer.js';
import { type ProtonBeam, depthDose, energyOf, rangeOf, shareBetween, survivingShare } from './proton-beam.js';

/** The beam of the demo: 150 MeV protons, 0.5 % energy spread, a Gaussian spot. */
export const DEMO_BEAM: ProtonBeam = { energy: 150, energySpread: 0.75 };

/** Lengths in cm: the spot's standard deviation, the water cylinder, the detectors in it. */
export const DEMO_GEOMETRY = {
  spot: 0.3,
  radius: 5,
  depth: 20,
  entranceSlab: 0.1,
  spectrumDepth: 14,
  map: { halfWidth: 2, slice: 0.5 },
};

const DISC = Math.PI * DEMO_GEOMETRY.radius ** 2; // cm²

/** What a bin shows per primary on average, and the share of the primaries that contributes to it. */
interface Expectation {
  value: number;
  share: number;
}

/** A page before chance has had its say. Counts add up over primaries; means are averages over them (energy, LET). */
interface DetectorPage {
  quantity: string;
  name: string;
  unit: string;
  kind: 'count' | 'mean';
  axes: Quantity[];
  expected: Expectation[];
}

/** A detector of the demo, named like the file that its results would come in. */
export interface DemoDetector {
  name: string;
  geometry: string;
  pages: DetectorPage[];
}

/** All detectors of the demo with the analytical expectation of every bin; about 50 ms of arithmetic. */
export function demoDetectors(): DemoDetector[] {
  return [
    { name: 'depth_dose_', geometry: 'CylZ_Mesh', pages: depthPages() },
    { name: 'yz_profile_', geometry: 'YZ_Mesh', pages: [mapPage()] },
    { name: 'spectrum_', geometry: 'SpectrumPlane', pages: [spectrumPage()] },
    { name: 'entrance_', geometry: 'EntranceSlab', pages: entrancePages() },
  ];
}

function depthPages(): DetectorPage[] {
  const z = binCentres('Position (Z)', 'cm', 0, DEMO_GEOMETRY.depth, 400);
  const axes = [z];
  const lets = z.values.map((depth) => meanLet(DEMO_BEAM, depth));
  const shares = z.values.map((depth) => survivingShare(DEMO_BEAM, depth));
  const withShare = (values: number[]): Expectation[] =>
    values.map((value, bin) => ({ value, share: shares[bin] ?? 0 }));
  const dose = withShare(z.values.map((depth) => depthDose(DEMO_BEAM, depth) / DISC));
  const doseLet = withShare(lets.map((bin) => bin.dose));
  const trackLet = withShare(lets.map((bin) => bin.track));
  return [
    { quantity: 'DOSE', name: 'Dose', unit: 'MeV/g', kind: 'count', axes, expected: dose },
    { quantity: 'DLET', name: 'Dose-averaged LET', unit: 'keV/um', kind: 'mean', axes, expected: doseLet },
    { quantity: 'TLET', name: 'Track-averaged LET', unit: 'keV/um', kind: 'mean', axes, expected: trackLet },
  ];
}

function mapPage(): DetectorPage {
  const { halfWidth, slice } = DEMO_GEOMETRY.map;
  const y = binCentres('Position (Y)', 'cm', -halfWidth, halfWidth, 80);
  const z = binCentres('Position (Z)', 'cm', 0, DEMO_GEOMETRY.depth, 200);
  const width = (2 * halfWidth) / y.values.length;
  const expected = z.values.flatMap((depth) => {
    const sigma = lateralSpread(DEMO_BEAM, DEMO_GEOMETRY.spot, depth);
    const inSlice = 2 * normalCdf(slice / 2 / sigma) - 1;
    const surviving = survivingShare(DEMO_BEAM, depth);
    const dose = depthDose(DEMO_BEAM, depth) / slice;
    return y.values.map((offset) => {
      const density = (inSlice * Math.exp(-(offset ** 2) / (2 * sigma ** 2))) / (Math.sqrt(2 * Math.PI) * sigma);
      return { value: dose * density, share: surviving * density * width };
    });
  });
  return { quantity: 'DOSE', name: 'Dose', unit: 'MeV/g', kind: 'count', axes: [y, z], expected };
}

function spectrumPage(): DetectorPage {
  const energies = binCentres('Kinetic energy', 'MeV', 0, 160, 320);
  const width = 160 / energies.values.length;
  const expected = energies.values.map((energy) => {
    const [lower, upper] = [energy - width / 2, energy + width / 2];
    const share = shareBetween(DEMO_BEAM, DEMO_GEOMETRY.spectrumDepth, lower, upper);
    return { value: share / DISC / width, share };
  });
  const axes = [energies];
  return { quantity: 'FLUENCE', name: 'Proton fluence', unit: '/cm^2/MeV', kind: 'count', axes, expected };
}

function entrancePages(): DetectorPage[] {
  const depth = DEMO_GEOMETRY.entranceSlab / 2;
  const share = survivingShare(DEMO_BEAM, depth);
  const dose = [{ value: depthDose(DEMO_BEAM, depth) / DISC, share }];
  const energy = [{ value: energyOf(rangeOf(DEMO_BEAM.energy) - depth), share }];
  const doseLet = [{ value: meanLet(DEMO_BEAM, depth).dose, share }];
  return [
    { quantity: 'DOSE', name: 'Dose', unit: 'MeV/g', kind: 'count', axes: [], expected: dose },
    { quantity: 'AVG-ENERGY', name: 'Mean energy', unit: 'MeV', kind: 'mean', axes: [], expected: energy },
    { quantity: 'DLET', name: 'Dose-averaged LET', unit: 'keV/um', kind: 'mean', axes: [], expected: doseLet },
  ];
}

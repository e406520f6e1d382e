import { gaussianMoment, normalCdf } from './gaussian-moment.js';

/**
 * A proton pencil beam in water after T. Bortfeld, "An analytical approximation of the Bragg curve for therapeutic
 * proton beams", Med. Phys. 24 (1997) 2024–2033. Lengths are in cm, energies in MeV, the density of water is 1 g/cm³.
 */
export interface ProtonBeam {
  /** Mean initial kinetic energy, MeV. */
  energy: number;
  /** Standard deviation of the initial energy, MeV. */
  energySpread: number;
}

/** Bragg–Kleeman rule, range = ALPHA · energy^P, fitted to water by Bortfeld. */
export const P = 1.77;
export const ALPHA = 0.0022;

/** Slope of the fluence's fall by nonelastic nuclear interactions, 1/cm, and the share of their energy left on the spot. */
const FLUENCE_SLOPE = 0.012;
const LOCAL_SHARE = 0.6;

/** Range in water, cm, of protons of this kinetic energy in MeV. */
export function rangeOf(energy: number): number {
  return ALPHA * energy ** P;
}

/** Kinetic energy, MeV, of protons that have this residual range in cm; 0 where they have stopped. */
export function energyOf(residualRange: number): number {
  return (Math.max(residualRange, 0) / ALPHA) ** (1 / P);
}

/** Standard deviation of the range, cm: straggling on the way and the spread that the beam starts with. */
export function rangeSpread(beam: ProtonBeam): number {
  const straggling = 0.012 * rangeOf(beam.energy) ** 0.935;
  const initial = beam.energySpread * ALPHA * P * beam.energy ** (P - 1);
  return Math.hypot(straggling, initial);
}

/** Energy deposited per mass and per unit of incident fluence at a depth in cm (MeV·cm²/g): Bortfeld's closed form. */
export function depthDose(beam: ProtonBeam, depth: number): number {
  const range = rangeOf(beam.energy);
  const sigma = rangeSpread(beam);
  const zeta = (range - depth) / sigma;
  const stopping = gaussianMoment(1 / P, zeta) / sigma;
  const nuclear = FLUENCE_SLOPE * (1 / P + LOCAL_SHARE) * P * gaussianMoment(1 / P + 1, zeta);
  const scale = sigma ** (1 / P) / (Math.sqrt(2 * Math.PI) * P * ALPHA ** (1 / P) * (1 + FLUENCE_SLOPE * range));
  return scale * (stopping + nuclear);
}

/** Share of the primaries that is still on its way at a depth in cm (0 to 1): neither lost to a nucleus nor stopped. */
export function survivingShare(beam: ProtonBeam, depth: number): number {
  const range = rangeOf(beam.energy);
  const residual = Math.max(range - depth, 0);
  const afterNuclei = (1 + FLUENCE_SLOPE * residual) / (1 + FLUENCE_SLOPE * range);
  return afterNuclei * normalCdf((range - depth) / rangeSpread(beam));
}

/**
 * Share of the primaries that passes a depth in cm with an energy between two limits in MeV. The residual range is
 * Gaussian in Bortfeld's model, the Bragg–Kleeman rule turns it into energy.
 */
export function shareBetween(beam: ProtonBeam, depth: number, lower: number, upper: number): number {
  const range = rangeOf(beam.energy);
  const sigma = rangeSpread(beam);
  const below = (energy: number): number => normalCdf((rangeOf(energy) - (range - depth)) / sigma);
  const passing = normalCdf((range - depth) / sigma);
  return passing > 0 ? (survivingShare(beam, depth) * Math.max(0, below(upper) - below(lower))) / passing : 0;
}

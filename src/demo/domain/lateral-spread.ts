import { type ProtonBeam, rangeOf } from './proton-beam.js';

/** Scattering power of protons in water times their residual range, rad². */
const KAPPA = 1.0e-3;

/**
 * Standard deviation, cm, of a pencil beam's width at a depth in cm: the initial one and, in quadrature, multiple
 * Coulomb scattering as the second moment (Fermi–Eyges) of the scattering power κ/R of N. Kanematsu, "Semi-empirical
 * formulation of multiple scattering for Gaussian beam model of heavy charged particles stopping in tissue-like
 * matter", Phys. Med. Biol. 54 (2009) N67–N73. It ends at 2.2 % of the range.
 */
export function lateralSpread(beam: ProtonBeam, initial: number, depth: number): number {
  const range = rangeOf(beam.energy);
  const residual = Math.max(range - depth, 0);
  const logTerm = residual > 0 ? residual ** 2 * Math.log(range / residual) : 0;
  const scattering = KAPPA * (range ** 2 / 2 + 1.5 * residual ** 2 - 2 * residual * range + logTerm);
  return Math.sqrt(initial ** 2 + Math.max(scattering, 0));
}

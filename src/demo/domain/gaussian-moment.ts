/** How far from its centre the unit Gaussian is followed: beyond, it is below 1e-17 of its height. */
const REACH = 9;

/**
 * The integral of t^(order − 1) · exp(−(t − centre)² / 2) over t from 0 to infinity, for order > 0.
 *
 * This is Γ(ν) · exp(−ζ²/4) · D_{−ν}(−ζ) with ν = `order`, ζ = `centre` and D the parabolic cylinder function
 * (Abramowitz & Stegun, 19.5.3). The product is computed instead of D itself because it neither overflows nor cancels:
 * D_{−ν}(−ζ) alone passes the range of a double in the plateau of a Bragg curve, where ζ is near 100.
 */
export function gaussianMoment(order: number, centre: number): number {
  return centre > REACH + 1 ? sumFarFromZero(order, centre) : sumFromZero(order, centre);
}

/** The share of a normal distribution below `x` standard deviations (dimensionless, 0 to 1). */
export function normalCdf(x: number): number {
  return Math.min(1, gaussianMoment(1, x) / Math.sqrt(2 * Math.PI));
}

/** Trapezoids of half a standard deviation: for a smooth Gaussian peak their error is below 1e-30. */
function sumFarFromZero(order: number, centre: number): number {
  const step = 0.5;
  let sum = 0;
  for (let offset = -REACH; offset <= REACH; offset += step) {
    sum += (centre + offset) ** (order - 1) * Math.exp((-offset * offset) / 2);
  }
  return sum * step;
}

/**
 * Trapezoids in u with t = exp(u − exp(−u)): the power's singularity at t = 0 then falls off doubly exponentially
 * (Takahasi & Mori, Publ. RIMS 9 (1974) 721), so that few points reach full accuracy.
 */
function sumFromZero(order: number, centre: number): number {
  const step = 1 / 32;
  const last = Math.log(Math.max(centre, 0) + REACH) + 1;
  let sum = 0;
  for (let u = -5; u <= last; u += step) {
    const t = Math.exp(u - Math.exp(-u));
    sum += t ** order * (1 + Math.exp(-u)) * Math.exp(-((t - centre) ** 2) / 2);
  }
  return sum * step;
}

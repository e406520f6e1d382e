import fc from 'fast-check';
import { gaussianMoment, normalCdf } from './gaussian-moment.js';

/** [ν, ζ, Γ(ν) · exp(−ζ²/4) · D_{−ν}(−ζ)], computed with 30 digits of working precision. */
const REFERENCE: [number, number, number][] = [
  [0.565, -6, 8.616951750721866e-9],
  [0.565, -2, 0.13308694407041563],
  [0.565, -0.5, 1.3576935192714445],
  [0.565, 0, 1.9380928449437707],
  [0.565, 1, 2.4027949746880606],
  [0.565, 3, 1.62885947345271],
  [0.565, 8, 1.019605653480727],
  [0.565, 12, 0.8523155669936815],
  [0.565, 75, 0.3832325513368067],
  [1.565, -6, 7.796189990034021e-10],
  [1.565, -2, 0.029459715275926078],
  [1.565, -0.5, 0.5506911875444603],
  [1.565, 0, 1.0187169483806504],
  [1.565, 1, 2.300040375196947],
  [1.565, 3, 4.5902074965946635],
  [1.565, 8, 8.100077756857928],
  [1.565, 12, 10.196573830935307],
  [1.565, 75, 28.740218034024288],
];

describe('gaussianMoment', () => {
  it.each(REFERENCE)('of order %p at %p agrees with the parabolic cylinder function', (order, centre, expected) => {
    expect(gaussianMoment(order, centre) / expected).toBeCloseTo(1, 11);
  });

  it('obeys the recurrence of the parabolic cylinder functions', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.3, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 90, noNaN: true }),
        (order, centre) => {
          const next = centre * gaussianMoment(order + 1, centre) + order * gaussianMoment(order, centre);
          expect(gaussianMoment(order + 2, centre) / next).toBeCloseTo(1, 10);
        },
      ),
    );
  });

  it('changes smoothly where its two ways of summing meet', () => {
    expect(gaussianMoment(0.565, 10 + 1e-12) / gaussianMoment(0.565, 10)).toBeCloseTo(1, 11);
  });
});

describe('normalCdf', () => {
  it.each([
    [-40, 0],
    [-1.959963984540054, 0.025],
    [0, 0.5],
    [1, 0.8413447460685429],
    [60, 1],
  ])('below %p standard deviations lies %p', (x, share) => {
    expect(normalCdf(x)).toBeCloseTo(share, 12);
  });
});

import { pythonNumber } from './python-number.js';

/** Doubles from 0 up to 1 that a seed repeats (xorshift128, Marsaglia 2003): millions of them in a moment. */
export class NoiseSource {
  private readonly state: Uint32Array;

  constructor(seed: number) {
    this.state = Uint32Array.of(seed | 1, 0x9e3779b9, 0x7f4a7c15, 0x94d049bb);
    for (let i = 0; i < 32; i++) this.word();
  }

  /** 53 random bits. */
  next(): number {
    return ((this.word() >>> 5) * 2 ** 26 + (this.word() >>> 6)) / 2 ** 53;
  }

  private word(): number {
    const { state } = this;
    let t = state[0] as number;
    t ^= t << 11;
    t ^= t >>> 8;
    state.copyWithin(0, 1);
    const last = state[2] as number;
    state[3] = last ^ (last >>> 19) ^ t;
    return state[3];
  }
}

const VALUES_AT_ONCE = 10_000;

/**
 * The values of one page as JSON text the way Python sends them: a depth-dose curve (plateau and peak) with the statistical
 * noise of a run, every value with all of its 16 to 17 digits.
 */
export function* noisyValues(count: number, noise: NoiseSource): Generator<Buffer> {
  for (let from = 0; from < count; from += VALUES_AT_ONCE) {
    const texts: string[] = [];
    for (let bin = from; bin < Math.min(from + VALUES_AT_ONCE, count); bin++) {
      const depth = bin / count;
      const dose = 0.002 + 0.01 * Math.exp(-(((depth - 0.8) / 0.05) ** 2));
      texts.push(pythonNumber(dose * (0.9 + 0.2 * noise.next())));
    }
    yield Buffer.from(`${from === 0 ? '' : ', '}${texts.join(', ')}`);
  }
}

/** The middles of the bins of one axis, in centimetres. */
export function binMiddles(bins: number, axis: number): string {
  const width = (20 + axis) / bins;
  return Array.from({ length: bins }, (_, bin) => pythonNumber((bin + 0.5) * width)).join(', ');
}

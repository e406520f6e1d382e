import { constants, deflateSync, type ZlibOptions } from 'node:zlib';

/** Packs number text as well as level 6 does, at less than half the time. */
const MATCHES = { level: 4 } as const;
/** Codes bytes by how often they come, and looks for no matches. */
const CODES_ONLY = { level: 4, strategy: constants.Z_HUFFMAN_ONLY } as const;

/** Below this many bytes asking costs more than it saves. */
const LEAST_BYTES = 32 * 1024;
const SAMPLES = 4;
const SAMPLE_BYTES = 8 * 1024;
/** So much larger a text may become for a third of the time. */
const WORTH = 1.08;

/**
 * How a text is best compressed. Monte Carlo noise has digits that come again by chance only: to look for them takes three
 * times as long and saves 2 to 6 % (measured, see docs/decisions/0001). Zeros, coordinates and rounded numbers are another
 * matter, so a few samples decide.
 */
export function strategyFor(text: Buffer): ZlibOptions {
  if (text.length < LEAST_BYTES) return MATCHES;
  const sample = Buffer.concat(samplesOf(text));
  const matched = deflateSync(sample, MATCHES).length;
  return deflateSync(sample, CODES_ONLY).length <= matched * WORTH ? CODES_ONLY : MATCHES;
}

/** Evenly spread. */
function samplesOf(text: Buffer): Buffer[] {
  const bytes = Math.min(SAMPLE_BYTES, Math.floor(text.length / (4 * SAMPLES)));
  const step = Math.floor(text.length / SAMPLES);
  return Array.from({ length: SAMPLES }, (_, index) => text.subarray(index * step, index * step + bytes));
}

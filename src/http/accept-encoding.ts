import type { BodyEncoding } from '../payload/spliced-body.js';

const PREFERENCE: readonly BodyEncoding[] = ['gzip', 'deflate', 'identity'];

/**
 * The encoding of an answer by the request's Accept-Encoding (RFC 9110, 12.5.3): the best weighted of gzip, deflate
 * (in its zlib form) and identity; gzip first where the weights are equal.
 */
export function negotiateEncoding(acceptEncoding: string | undefined): BodyEncoding {
  if (acceptEncoding === undefined) return 'identity';
  const weights = parseWeights(acceptEncoding);
  const weigh = (encoding: BodyEncoding): number => {
    const aliases = encoding === 'gzip' ? ['gzip', 'x-gzip'] : [encoding];
    for (const name of aliases) {
      const weight = weights.get(name);
      if (weight !== undefined) return weight;
    }
    return weights.get('*') ?? (encoding === 'identity' ? UNMENTIONED_IDENTITY : 0);
  };
  let best: BodyEncoding = 'identity';
  let bestWeight = 0;
  for (const encoding of PREFERENCE) {
    const weight = weigh(encoding);
    if (weight > bestWeight) [best, bestWeight] = [encoding, weight];
  }
  return best;
}

/** Identity is acceptable unless it is excluded, but whatever is named comes before it. */
const UNMENTIONED_IDENTITY = 0.0001;

function parseWeights(header: string): Map<string, number> {
  const weights = new Map<string, number>();
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
    const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    const weight = quality === undefined ? 1 : Number(quality);
    if (name !== '') weights.set(name, weight >= 0 && weight <= 1 ? weight : 0);
  }
  return weights;
}

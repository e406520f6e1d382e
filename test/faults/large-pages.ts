import { digestOfPage, type FaultJob, type Door, type LogicalWrite, type SentPage } from './logical-write.js';
import type { SeededRandom } from './random.js';

const PAGES = 3;
/** Random digits are made once; what tells pages apart is their first value. */
const DIFFERENT_VALUES = 10_000;

/** A write of one estimator, whose JSON is about so many bytes of numbers with 16 digits and more. */
export function largeWrite(
  random: SeededRandom,
  bytes: number,
  estimator: string,
  job: FaultJob,
  door: Door,
): LogicalWrite {
  const pages = largePages(random, PAGES, bytes / PAGES);
  return {
    ...{ job, door, path: '/results', routingKey: 'results.save' },
    content: { partial: true, revision: 0, estimators: [{ name: estimator, pages }] },
    effect: {
      kind: 'pages',
      estimator,
      revision: 0,
      digests: new Map(pages.map((page) => [page.page_number, digestOfPage(page)])),
    },
  };
}

/** Pages of about so many bytes each, on an axis of as many bins as values. */
function largePages(random: SeededRandom, count: number, bytes: number): SentPage[] {
  const noise = Array.from({ length: DIFFERENT_VALUES }, () => random.next() / 7);
  // A value and its comma; the bins have rows of their own, and are few.
  const length = Math.floor(bytes / (JSON.stringify(noise).length / noise.length));
  const rows = Math.ceil(length / DIFFERENT_VALUES);
  const dimensions = [
    Array.from({ length: DIFFERENT_VALUES }, (_, bin) => bin),
    Array.from({ length: rows }, (_, row) => row),
  ];
  return Array.from({ length: count }, (_, page_number) => {
    const values = Array.from({ length: rows }, () => noise).flat();
    values[0] = random.next();
    return { page_number, name: `page ${page_number}`, data: { values, dimensions, unit: 'Gy' } };
  });
}

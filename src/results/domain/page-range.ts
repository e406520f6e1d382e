/** Page numbers from `first` to `last`, both included. */
export interface PageRange {
  readonly first: number;
  readonly last: number;
}

/** What is wrong with a list of page numbers; the message quotes the part at fault. */
export class PageRangeError extends Error {}

const MAX_PAGE_NUMBER = 2_147_483_647;
const MAX_PARTS = 1_000;

/**
 * Parses `n` and `a-b` (a ≤ b) separated by commas, in any order, overlaps allowed, no spaces: `1-3,5`. A range is
 * never expanded. Numbers are from 0 to 2,147,483,647.
 *
 * @returns the ranges sorted and merged
 */
export function parsePageNumbers(text: string): PageRange[] {
  const parts = text.split(',', MAX_PARTS + 1);
  if (parts.length > MAX_PARTS) throw new PageRangeError(`has more than ${MAX_PARTS} parts`);
  return merged(parts.map(parsePart));
}

/** Parses one page number. */
export function parsePageNumber(text: string): PageRange {
  const number = numberOf(text, text);
  return { first: number, last: number };
}

function parsePart(part: string): PageRange {
  const match = /^(\d+)(?:-(\d+))?$/.exec(part);
  if (match === null) throw new PageRangeError(`${quote(part)} is neither a page number nor a range such as 1-3`);
  const first = numberOf(match[1] as string, part);
  const last = match[2] === undefined ? first : numberOf(match[2], part);
  if (first > last) throw new PageRangeError(`${quote(part)} runs backwards`);
  return { first, last };
}

function numberOf(digits: string, part: string): number {
  const value = /^\d+$/.test(digits) ? Number(digits) : NaN;
  if (value <= MAX_PAGE_NUMBER) return value;
  const wrong = Number.isNaN(value) ? 'is not a page number' : `is above ${MAX_PAGE_NUMBER}`;
  throw new PageRangeError(`${quote(part)} ${wrong}`);
}

function merged(ranges: readonly PageRange[]): PageRange[] {
  const result: PageRange[] = [];
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const previous = result.at(-1);
    if (previous === undefined || range.first > previous.last + 1) result.push(range);
    else result[result.length - 1] = { first: previous.first, last: Math.max(previous.last, range.last) };
  }
  return result;
}

function quote(part: string): string {
  return JSON.stringify(part.length > 40 ? `${part.slice(0, 40)}…` : part);
}

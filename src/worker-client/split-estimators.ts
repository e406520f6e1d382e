import { jsonText } from './json-writer.js';
import { InvalidInput } from './worker-errors.js';

/** An estimator: its pages, and whatever else it has (name, metadata), which goes along with them. */
export interface EstimatorInput {
  readonly name: string;
  readonly pages: Iterable<unknown>;
}

/** The text of a list of estimators, and which pages it holds, each named by estimator and page number. */
export interface Part {
  readonly text: string;
  readonly pages: readonly string[];
}

/** What a part may hold beside bytes. */
export interface PartLimits {
  readonly pages: number;
  readonly estimators: number;
}

const LIMITS: PartLimits = { pages: 100_000, estimators: 10_000 };

/** One page of an estimator, or an estimator without any. */
interface Piece {
  readonly index: number;
  /** The estimator's text up to its pages. */
  readonly head: string;
  readonly page: string;
  readonly key: string | undefined;
}

/**
 * Cuts estimators into texts of at most `room` bytes, between pages, in order. The other members of an estimator are repeated
 * in each text that holds pages of it. A page that is larger than `room` makes a text of its own. At least one text comes, and
 * a page is written only once it is its turn. Throws InvalidInput where an estimator is no object with pages.
 */
export function* splitEstimators(estimators: Iterable<unknown>, room: number, limits = LIMITS): Generator<Part> {
  let draft = new Draft();
  for (const piece of pieces(estimators)) {
    if (draft.isOverWith(piece, room, limits)) {
      yield draft.part();
      draft = new Draft();
    }
    draft.add(piece);
  }
  yield draft.part();
}

/** A part in the making. */
class Draft {
  private readonly texts: string[] = [];
  private readonly pages: string[] = [];
  /** Of the text as it would be if it ended here, in bytes: everything is ASCII. */
  private size = '[]'.length;
  private estimators = 0;
  private openIndex = -1;

  isOverWith(piece: Piece, room: number, limits: PartLimits): boolean {
    if (this.texts.length === 0) return false;
    const isFull = piece.index !== this.openIndex && this.estimators >= limits.estimators;
    return isFull || this.size + this.cost(piece) > room || this.pages.length >= limits.pages;
  }

  add(piece: Piece): void {
    this.size += this.cost(piece);
    if (piece.index === this.openIndex) this.texts.push(',', piece.page);
    else {
      this.texts.push(this.texts.length > 0 ? ']},' : '', piece.head, piece.page);
      this.estimators += 1;
      this.openIndex = piece.index;
    }
    if (piece.key !== undefined) this.pages.push(piece.key);
  }

  part(): Part {
    return { text: `[${this.texts.join('')}${this.texts.length > 0 ? ']}' : ''}]`, pages: this.pages };
  }

  private cost({ index, head, page }: Piece): number {
    if (index === this.openIndex) return page.length + ','.length;
    return head.length + page.length + ']}'.length + (this.texts.length > 0 ? ','.length : 0);
  }
}

function* pieces(estimators: Iterable<unknown>): Generator<Piece> {
  let index = 0;
  for (const estimator of estimators) {
    const { pages, ...others } = checked(estimator, index);
    const members = jsonText(others).slice(0, -1);
    const head = `${members}${members === '{' ? '' : ','}"pages":[`;
    let at = 0;
    for (const page of pages) {
      const key = JSON.stringify([String(others.name), pageNumber(page, at)]);
      yield { index, head, page: jsonText(page), key };
      at += 1;
    }
    if (at === 0) yield { index, head, page: '', key: undefined };
    index += 1;
  }
}

function checked(estimator: unknown, index: number): { name?: unknown; pages: Iterable<unknown> } {
  const { pages } = (estimator ?? {}) as Partial<EstimatorInput>;
  if (typeof pages === 'object' && Symbol.iterator in pages) return estimator as EstimatorInput;
  throw new InvalidInput(`estimators[${index}]: must be an object with a name and a list of pages`);
}

/** The page's number, in either shape; what has none is refused by the service, so anything does. */
function pageNumber(page: unknown, at: number): number | string {
  const { page_number: own, metadata } = (page ?? {}) as { page_number?: unknown; metadata?: unknown };
  const number = own ?? ((metadata ?? {}) as { page_number?: unknown }).page_number;
  return /^\d+$/.test(String(number)) ? Number(number) : `at ${at}`;
}

import { invalid } from '../../errors/app-error.js';
import type { ContentReader } from '../../ingest/worker-body.js';
import type { Disposition, ValueKind } from '../../json/json-scanner.js';
import { BufferPool } from '../../json/buffer-pool.js';
import { PayloadSpool } from '../../payload/payload-spool.js';
import { Members, requireKind, TextBudget } from './members.js';
import type { IngestTools } from './number-list.js';
import { type Frame, PageFrame } from './page-reader.js';
import { parsePage } from './page-shape.js';
import type { ParsedEstimator, ParsedPage } from './parsed-results.js';

/** Shared by all bodies. As much as one long body has in hand: up to 8 MiB of text in buffers of up to twice their text. */
const BUFFERS = new BufferPool(16 * 1024 * 1024);
/** One body may hold so many; a larger result is sent as several partial bodies. */
const MAX_ESTIMATORS = 10_000;
const MAX_PAGES = 100_000;

/**
 * Reads `estimators` of a results body, pages of both shapes mixed: everything is checked, and the arrays are
 * normalised and compressed while they come, so that what is left behind is small text and a spool of streams.
 */
export class ResultsReader implements ContentReader {
  readonly spool = new PayloadSpool();
  readonly estimators: ParsedEstimator[] = [];
  private readonly frames: Frame[] = [];

  key(name: string): void {
    this.top().key(name);
  }

  value(kind: ValueKind): Disposition {
    const disposition = this.frames.length === 0 ? this.estimatorsFrame(kind) : this.top().value(kind);
    if (disposition === 'skip' || !('key' in disposition)) return disposition;
    this.frames.push(disposition);
    return 'enter';
  }

  endObject(): void {
    this.frames.pop()?.end();
  }

  endArray(): void {
    this.frames.pop()?.end();
  }

  async drained(): Promise<void> {
    await this.spool.drained();
  }

  private estimatorsFrame(kind: ValueKind): Frame {
    requireKind(kind, 'array', 'estimators');
    return new EstimatorsFrame(this.estimators, {
      spool: this.spool,
      buffers: BUFFERS,
      budget: new TextBudget(),
    });
  }

  private top(): Frame {
    return this.frames.at(-1) as Frame;
  }
}

class EstimatorsFrame implements Frame {
  private readonly names = new Set<string>();
  private readonly budget = { pages: MAX_PAGES };

  constructor(
    private readonly estimators: ParsedEstimator[],
    private readonly tools: IngestTools,
  ) {}

  key(): void {}

  value(kind: ValueKind): Frame {
    const path = `estimators[${this.estimators.length}]`;
    requireKind(kind, 'object', path);
    if (this.estimators.length === MAX_ESTIMATORS) throw invalid('estimators', `has more than ${MAX_ESTIMATORS}`);
    return new EstimatorFrame(path, this.tools, this.budget, (estimator) => this.take(estimator, path));
  }

  end(): void {}

  private take(estimator: ParsedEstimator, path: string): void {
    if (this.names.has(estimator.name)) {
      throw invalid(`${path}.name`, `${JSON.stringify(estimator.name)} comes twice in this body`);
    }
    this.names.add(estimator.name);
    this.estimators.push(estimator);
  }
}

const ESTIMATOR_MEMBERS = new Set(['name', 'metadata', 'pages']);

class EstimatorFrame implements Frame {
  private readonly members: Members;
  private readonly pages: ParsedPage[] = [];

  constructor(
    path: string,
    private readonly tools: IngestTools,
    private readonly budget: { pages: number },
    private readonly onEnd: (estimator: ParsedEstimator) => void,
  ) {
    this.members = new Members(path, ESTIMATOR_MEMBERS, tools.budget);
  }

  key(name: string): void {
    this.members.enter(name);
  }

  value(kind: ValueKind): ReturnType<Frame['value']> {
    if (this.members.name !== 'pages') return this.members.capture(this.members.name === 'name');
    requireKind(kind, 'array', this.members.at('pages'));
    return new PagesFrame(this.members.at('pages'), this.pages, this.tools, this.budget);
  }

  end(): void {
    if (!this.members.has('name')) throw invalid(this.members.at('name'), 'is required');
    const name = this.members.nameText('name') ?? '';
    if (name === '') throw invalid(this.members.at('name'), 'must be a string of 1 to 1024 characters');
    if (!this.members.has('pages')) throw invalid(this.members.at('pages'), 'is required');
    this.onEnd({
      name,
      metadata: this.members.text('metadata'),
      otherMembers: this.members.kept(),
      pages: this.pages,
    });
  }
}

class PagesFrame implements Frame {
  private readonly numbers = new Set<number>();

  constructor(
    private readonly path: string,
    private readonly pages: ParsedPage[],
    private readonly tools: IngestTools,
    private readonly budget: { pages: number },
  ) {}

  key(): void {}

  value(kind: ValueKind): Frame {
    const path = `${this.path}[${this.pages.length}]`;
    requireKind(kind, 'object', path);
    if (this.budget.pages-- === 0) throw invalid('estimators', `has more than ${MAX_PAGES} pages`);
    return new PageFrame(path, this.tools, (page) => this.take(parsePage(page), path));
  }

  end(): void {}

  private take(page: ParsedPage, path: string): void {
    if (this.numbers.has(page.pageNumber)) throw invalid(path, `page_number ${page.pageNumber} comes twice`);
    this.numbers.add(page.pageNumber);
    this.pages.push(page);
  }
}

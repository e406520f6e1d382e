import type { Disposition, ValueKind } from '../../json/json-scanner.js';
import { captureText, Members, requireKind } from './members.js';
import { type IngestTools, NumberList } from './number-list.js';

/** Follows one object or list of a results body; the ResultsReader keeps a stack of them. */
export interface Frame {
  key(name: string): void;
  /** What to do with a value: hand it on, or enter it with a frame of its own. */
  value(kind: ValueKind): Exclude<Disposition, 'enter'> | Frame;
  end(): void;
}

const PAGE_MEMBERS = new Set([
  'page_number',
  'name',
  'data',
  'dimensions',
  'metadata',
  'axis_dim1',
  'axis_dim2',
  'axis_dim3',
]);
const AXIS_MEMBER = /^axis_dim([123])$/;
const DATA_MEMBERS = new Set(['values', 'dimensions', 'unit', 'name']);
const AXIS_MEMBERS = new Set(['values', 'name', 'unit']);
/** Members that are read as names, so their text is kept with what is wrong about it. */
const NAMES = new Set(['name']);

/** A page, of which only its end tells which of the two shapes it has. */
export class PageFrame implements Frame {
  readonly members: Members;
  readonly axes = new Map<number, AxisFrame>();
  data: DataFrame | undefined;

  constructor(
    readonly path: string,
    private readonly tools: IngestTools,
    private readonly onEnd: (page: PageFrame) => void,
  ) {
    this.members = new Members(path, PAGE_MEMBERS, tools.budget);
  }

  key(name: string): void {
    this.members.enter(name);
  }

  value(kind: ValueKind): ReturnType<Frame['value']> {
    const { name } = this.members;
    if (name === 'data') {
      requireKind(kind, 'object', this.members.at(name));
      return (this.data = new DataFrame(this.members.at(name), this.tools));
    }
    const axis = AXIS_MEMBER.exec(name);
    if (axis === null || kind !== 'object') return this.members.capture(NAMES.has(name));
    const frame = new AxisFrame(this.members.at(name), this.tools);
    this.axes.set(Number(axis[1]), frame);
    return frame;
  }

  end(): void {
    this.onEnd(this);
  }
}

/** The `data` of a page: values, and in the reference shape the axes. */
export class DataFrame implements Frame {
  readonly members: Members;
  values: NumberList | undefined;
  dimensions: DimensionsFrame | undefined;

  constructor(
    path: string,
    private readonly tools: IngestTools,
  ) {
    this.members = new Members(path, DATA_MEMBERS, tools.budget);
  }

  key(name: string): void {
    this.members.enter(name);
  }

  value(kind: ValueKind): ReturnType<Frame['value']> {
    const { name } = this.members;
    if (name === 'values') {
      requireKind(kind, 'array', this.members.at(name));
      this.values = new NumberList(this.members.at(name), this.tools, false);
      return this.values.reader;
    }
    if (name === 'dimensions' && kind === 'array') {
      return (this.dimensions = new DimensionsFrame(this.members.at(name), this.tools));
    }
    return this.members.capture(NAMES.has(name));
  }

  end(): void {}
}

/** The list of axes of the reference shape; in a page of the other shape it is a member that nobody interprets. */
export class DimensionsFrame implements Frame {
  /** Axes as lists of numbers, anything else as text. */
  readonly elements: (NumberList | string)[] = [];

  constructor(
    readonly path: string,
    private readonly tools: IngestTools,
  ) {}

  key(): void {}

  value(kind: ValueKind): ReturnType<Frame['value']> {
    const path = `${this.path}[${this.elements.length}]`;
    if (kind !== 'array' || this.elements.length >= MAX_AXES) {
      return captureText(path, this.tools.budget, (text) => this.elements.push(text));
    }
    const list = new NumberList(path, this.tools, true);
    this.elements.push(list);
    return list.reader;
  }

  end(): void {}

  text(): string {
    return `[${this.elements.map((element) => (typeof element === 'string' ? element : element.text())).join(',')}]`;
  }
}

/** One `axis_dimN` of the workers' shape; in a page of the reference shape a member that nobody interprets. */
export class AxisFrame implements Frame {
  readonly members: Members;
  values: NumberList | undefined;

  constructor(
    path: string,
    private readonly tools: IngestTools,
  ) {
    this.members = new Members(path, AXIS_MEMBERS, tools.budget);
  }

  key(name: string): void {
    this.members.enter(name);
  }

  value(kind: ValueKind): ReturnType<Frame['value']> {
    const { name } = this.members;
    if (name !== 'values' || kind !== 'array') return this.members.capture(NAMES.has(name));
    this.values = new NumberList(this.members.at(name), this.tools, true);
    return this.values.reader;
  }

  end(): void {}

  text(): string {
    const members = this.members.kept(['name', 'unit', 'values']);
    const values = this.values === undefined ? '' : `"values":${this.values.text()}`;
    return `{${[members, values].filter((part) => part !== '').join(',')}}`;
  }
}

/** A page has values on 0 to 3 axes. */
export const MAX_AXES = 3;

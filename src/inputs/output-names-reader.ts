import type { Disposition, JsonHandler, ValueKind } from '../json/json-scanner.js';
import type { TextSink } from '../json/text-sink.js';
import { plainTextFault } from '../validation/is-plain-text.decorator.js';

/** Where the outputs of an editor project are. */
const PATH = ['scoringManager', 'outputs'];
/** Levels above an output: the project, its manager, the list. */
const OUTPUT_DEPTH = PATH.length + 1;
/** More than any estimator may be called, as JSON text that is all escapes. */
const MAX_NAME_BYTES = 1024 * 12;
/** As many as one body may hold estimators; a project with more has no names. */
const MAX_OUTPUTS = 10_000;

/**
 * Reads `scoringManager.outputs[*].name` of an editor project out of a scan, and skips all the rest of it. An output without a
 * name that an estimator may have counts as an empty one. Whatever has another shape has no outputs.
 */
export class OutputNamesReader implements JsonHandler {
  private readonly read: string[] = [];
  private tooMany = false;
  /** Levels that are open. */
  private depth = 0;
  private member = '';

  /** Of all outputs, in their order. */
  get names(): readonly string[] {
    return this.tooMany ? [] : this.read;
  }

  key(name: string): void {
    this.member = name;
  }

  value(kind: ValueKind): Disposition {
    const { depth } = this;
    if (depth <= PATH.length) return this.onTheWay(kind);
    if (depth === OUTPUT_DEPTH) return this.output(kind);
    return this.member === 'name' && kind === 'string' ? new NameSink((name) => this.rename(name)) : 'skip';
  }

  endObject(): void {
    this.depth--;
  }

  endArray(): void {
    this.depth--;
  }

  /** The project, or what is on the path below it; of a member that comes twice the last one counts, as in most readers. */
  private onTheWay(kind: ValueKind): Disposition {
    const { depth } = this;
    if (depth > 0 && this.member !== PATH[depth - 1]) return 'skip';
    this.read.length = 0;
    return kind === (depth === PATH.length ? 'array' : 'object') ? this.enter() : 'skip';
  }

  private output(kind: ValueKind): Disposition {
    if (this.read.length === MAX_OUTPUTS) {
      this.tooMany = true;
      return 'skip';
    }
    this.read.push('');
    return kind === 'object' ? this.enter() : 'skip';
  }

  private rename(name: string): void {
    this.read[this.read.length - 1] = plainTextFault(name, 1, 1024) === undefined ? name : '';
  }

  private enter(): 'enter' {
    this.depth++;
    return 'enter';
  }
}

/** Takes a name; one that is too long counts as empty, and no more of it is held. */
class NameSink implements TextSink {
  readonly keepsSurrogates = true;
  private pieces: Buffer[] = [];
  private length = 0;

  constructor(private readonly onEnd: (name: string) => void) {}

  write(bytes: Buffer, start: number, end: number): void {
    this.length += end - start;
    if (this.length <= MAX_NAME_BYTES) this.pieces.push(Buffer.from(bytes.subarray(start, end)));
  }

  end(): void {
    const text = Buffer.concat(this.pieces).toString('utf8');
    this.onEnd(this.length <= MAX_NAME_BYTES ? (JSON.parse(text) as string) : '');
  }
}

import { invalid, tooLarge } from '../errors/app-error.js';
import type { Disposition, JsonHandler, ValueKind } from './json-scanner.js';
import { TextBuffer } from './text-buffer.js';

/**
 * Which members of a document are interpreted:
 * `value` any JSON value; `raw` its compact text as a Buffer; `object` the named members, others are ignored;
 * `map` every member, by name; `array` every element. Where a value is not of the shape it is read as `value`, so
 * that the validation behind can say so.
 */
export type JsonShape =
  | 'value'
  | 'raw'
  | { readonly object: Readonly<Record<string, JsonShape>> }
  | { readonly map: JsonShape }
  | { readonly array: JsonShape };

/**
 * Builds plain values from the members that a shape names. A name that comes twice among the interpreted ones is
 * `invalid` and named by its path; values of members that nobody interprets are checked for syntax and dropped.
 */
export class DocumentBuilder implements JsonHandler {
  private readonly open: Container[] = [];

  /** @param path of the value, for errors: empty at the top, or `tasks` */
  constructor(
    private readonly shape: JsonShape,
    private readonly path: string,
    private readonly onDone: (value: unknown) => void,
  ) {}

  key(name: string, _loneSurrogate = false): void {
    if (!this.top().enter(name)) throw invalid(this.pathHere(), 'comes twice');
  }

  value(kind: ValueKind): Disposition {
    const container = this.open.at(-1);
    const shape = container === undefined ? this.shape : container.nextShape();
    if (shape === undefined) return 'skip';
    if (typeof shape === 'object' && kind === ('array' in shape ? 'array' : 'object')) {
      this.open.push(new Container(shape));
      return 'enter';
    }
    return new TextBuffer(
      MAX_VALUE_BYTES,
      () => tooLarge(`${this.pathHere() || 'body'}: is larger than ${MAX_VALUE_BYTES} bytes`),
      (text) => this.put(shape === 'raw' ? Buffer.from(text) : (JSON.parse(text.toString('utf8')) as unknown)),
      // Values keep lone surrogates, so that a name with one can be refused.
      shape !== 'raw',
    );
  }

  endObject(): void {
    this.close();
  }

  endArray(): void {
    this.close();
  }

  private close(): void {
    const closed = this.top();
    this.open.pop();
    this.put(closed.value);
  }

  private put(value: unknown): void {
    const container = this.open.at(-1);
    if (container === undefined) this.onDone(value);
    else container.put(value);
  }

  private top(): Container {
    const container = this.open.at(-1);
    if (container === undefined) throw new Error('a member outside of any object');
    return container;
  }

  private pathHere(): string {
    return this.open.reduce((path, container) => container.extend(path), this.path);
  }
}

/** An object or array under construction. */
class Container {
  readonly value: Record<string, unknown> | unknown[];
  private readonly seen = new Set<string>();
  private name = '';

  constructor(private readonly shape: Exclude<JsonShape, string>) {
    this.value = 'array' in shape ? [] : (Object.create(null) as Record<string, unknown>);
  }

  /** False where this interpreted member came before. */
  enter(name: string): boolean {
    this.name = name;
    if (this.nextShape() === undefined) return true;
    const isNew = !this.seen.has(name);
    this.seen.add(name);
    return isNew;
  }

  nextShape(): JsonShape | undefined {
    if ('array' in this.shape) return this.shape.array;
    if ('map' in this.shape) return this.shape.map;
    return Object.hasOwn(this.shape.object, this.name) ? this.shape.object[this.name] : undefined;
  }

  put(value: unknown): void {
    if (Array.isArray(this.value)) this.value.push(value);
    else this.value[this.name] = value;
  }

  extend(path: string): string {
    if (Array.isArray(this.value)) return `${path}[${this.value.length}]`;
    return path === '' ? this.name : this.name === '' ? path : `${path}.${this.name}`;
  }
}

const MAX_VALUE_BYTES = 16 * 1024 * 1024;

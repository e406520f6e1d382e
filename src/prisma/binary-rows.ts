import type { Duplex } from 'node:stream';
import type pg from 'pg';

/** Whence memory for rows comes, and whither it goes when nobody looks at them any more. */
export interface RowMemory {
  takeFitting(leastBytes: number): Buffer;
  give(buffer: Buffer): void;
}

/**
 * The rows of a prepared statement in binary: as the rows of a query bytes come as hexadecimal text, and each value becomes an
 * object, which costs more than all the rest of reading.
 *
 * @param statement its values are texts, numbers, truth values, bytes and NULL
 * @param expectedBytes what the rows will take, as far as it is known: larger ones are copied once more
 */
export async function binaryRows(
  client: pg.ClientBase,
  statement: pg.QueryConfig,
  memory: RowMemory,
  expectedBytes: number,
): Promise<BinaryRows> {
  return new Promise((resolve, reject) => {
    client.query(new BinaryQuery(statement, memory, expectedBytes, resolve, reject));
  });
}

const MOST_FIELDS = 64;

/** Rows as PostgreSQL sends them (protocol, "DataRow"), looked at one after the other where they lie. */
export class BinaryRows {
  /** Of the present row, and of the one behind it. */
  private at = 0;
  private nextAt = 0;
  /** Of those fields of the present row that were looked for so far; where one is NULL its end lies before its start. */
  private found = 0;
  private readonly starts = new Int32Array(MOST_FIELDS);
  private readonly ends = new Int32Array(MOST_FIELDS);

  /** @param length how many of the bytes are rows, each behind the header of its message */
  constructor(
    readonly bytes: Buffer,
    private readonly length: number,
    private readonly memory: RowMemory,
  ) {}

  /** Gives the memory back: nothing of the rows may be needed any more. */
  release(): void {
    this.memory.give(this.bytes);
  }

  /** Goes to the next row; false after the last one. */
  next(): boolean {
    if (this.nextAt >= this.length) return false;
    this.goTo(this.nextAt);
    return true;
  }

  /** Where the present row is, for `goTo`. */
  get position(): number {
    return this.at;
  }

  goTo(position: number): void {
    this.at = position;
    this.nextAt = position + 1 + int4At(this.bytes, position + 1);
    this.found = 0;
  }

  isNull(field: number): boolean {
    return this.endOf(field) < this.startOf(field);
  }

  startOf(field: number): number {
    if (field >= this.found) this.find(field);
    return this.starts[field] as number;
  }

  endOf(field: number): number {
    if (field >= this.found) this.find(field);
    return this.ends[field] as number;
  }

  int4(field: number): number {
    return int4At(this.bytes, this.startOf(field));
  }

  /** Of a bigint that is not negative. */
  int8(field: number): number {
    const at = this.startOf(field);
    return (int4At(this.bytes, at) >>> 0) * 2 ** 32 + (int4At(this.bytes, at + 4) >>> 0);
  }

  /** Of a timestamptz of whole milliseconds, sent as microseconds since 2000: epoch milliseconds. */
  time(field: number): number {
    const at = this.startOf(field);
    // Beyond the year 2285 these are no longer exact, but far nearer than a millisecond.
    const microseconds = int4At(this.bytes, at) * 2 ** 32 + (int4At(this.bytes, at + 4) >>> 0);
    return YEAR_2000 + Math.round(microseconds / 1_000);
  }

  text(field: number): string {
    return this.bytes.toString('utf8', this.startOf(field), this.endOf(field));
  }

  /** The bytes of a field, for longer than the rows are there. */
  copyOf(field: number): Buffer {
    return Buffer.from(this.bytes.subarray(this.startOf(field), this.endOf(field)));
  }

  /** Of integer[]. */
  int4s(field: number): number[] {
    return this.elements(field, (at) => int4At(this.bytes, at));
  }

  /** Of text[]. */
  texts(field: number): string[] {
    return this.elements(field, (at, end) => this.bytes.toString('utf8', at, end));
  }

  /** Of a list of one dimension without NULL (PostgreSQL, array_send): dimensions, flags, type, length and lower bound, elements. */
  private elements<T>(field: number, read: (start: number, end: number) => T): T[] {
    const start = this.startOf(field);
    if (int4At(this.bytes, start) === 0) return [];
    const elements: T[] = [];
    for (let at = start + ARRAY_HEADER_BYTES, left = int4At(this.bytes, start + 12); left > 0; left--) {
      const from = at + 4;
      const end = from + int4At(this.bytes, at);
      elements.push(read(from, end));
      at = end;
    }
    return elements;
  }

  /** Goes through the fields up to this one. */
  private find(field: number): void {
    const { bytes, starts, ends } = this;
    let known = this.found;
    // A field ends where the next one's length stands; one that is NULL has no bytes.
    let at =
      known === 0 ? this.at + HEADER_BYTES + 2 : Math.max(starts[known - 1] as number, ends[known - 1] as number);
    for (; known <= field; known++) {
      const length = int4At(bytes, at);
      at += 4;
      starts[known] = at;
      ends[known] = at + length;
      if (length > 0) at += length;
    }
    this.found = known;
  }
}

/** Buffer's own way checks anew each time what is known here. */
function int4At(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  );
}

const YEAR_2000 = Date.UTC(2000, 0, 1);
const ARRAY_HEADER_BYTES = 5 * 4;

/** Frontend/backend protocol, "Message Formats": one byte for the kind, four for the length, which count themselves. */
const HEADER_BYTES = 5;
const BIND_COMPLETE = '2'.charCodeAt(0);
const DATA_ROW = 'D'.charCodeAt(0);
/** CommandComplete, ErrorResponse, ReadyForQuery: no rows come any more. */
const ENDS = new Set(Buffer.from('CEZ'));

type Listener = (chunk: Buffer) => void;

/** What the driver's types leave out. */
type Connection = pg.Connection & {
  /** Text by name. */
  readonly parsedStatements: Record<string, string>;
};

/**
 * Takes the rows off the connection itself and puts them together: in the driver's parser each value would become an object. All other
 * messages go to the driver, which knows what to make of them.
 */
class BinaryQuery {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  private into: Buffer;
  private length = 0;
  /** Of the present row. */
  private missing = 0;
  /** The beginning of a message that is not there yet. */
  private begun = NOTHING;
  private driver: Listener = () => undefined;
  private handBack: () => void = () => undefined;

  constructor(
    { name, text, values }: pg.QueryConfig,
    private readonly memory: RowMemory,
    expectedBytes: number,
    private readonly resolve: (rows: BinaryRows) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.name = name ?? '';
    this.text = text;
    this.values = values ?? [];
    this.into = memory.takeFitting(expectedBytes);
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    this.listenTo(stream);
    stream.cork();
    if ((connection as Connection).parsedStatements[this.name] === undefined) {
      connection.parse({ name: this.name, text: this.text, types: [] }, true);
    }
    const bound = { statement: this.name, values: this.values, binary: true, valueMapper: asParameter };
    connection.bind(bound as unknown as pg.BindConfig, true);
    connection.execute({}, true);
    connection.sync();
    stream.uncork();
  }

  handleError(error: Error): void {
    this.handBack();
    this.memory.give(this.into);
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve(new BinaryRows(this.into, this.length, this.memory));
  }

  handleCommandComplete(): void {}

  private listenTo(stream: Duplex): void {
    const [driver, ...others] = stream.listeners('data') as Listener[];
    if (driver === undefined || others.length > 0) throw new Error('somebody else listens to the database connection');
    const listener = (chunk: Buffer) => this.take(chunk);
    this.driver = driver;
    this.handBack = () => {
      this.handBack = () => undefined;
      stream.off('data', listener).on('data', driver);
    };
    stream.off('data', driver).on('data', listener);
  }

  private take(received: Buffer): void {
    const chunk = this.begun.length === 0 ? received : Buffer.concat([this.begun, received]);
    this.begun = NOTHING;
    let rowsFrom = 0;
    let at = Math.min(this.missing, chunk.length);
    this.missing -= at;
    while (at < chunk.length) {
      const end = endOfMessage(chunk, at);
      const kind = chunk[at] as number;
      if (kind === DATA_ROW && end !== undefined) {
        this.missing = Math.max(0, end - chunk.length);
        at = Math.min(end, chunk.length);
        continue;
      }
      this.append(chunk, rowsFrom, at);
      if (end === undefined || end > chunk.length) {
        this.begun = Buffer.from(chunk.subarray(at));
        return;
      }
      if (ENDS.has(kind)) {
        this.handBack();
        this.driver(chunk.subarray(at));
        return;
      }
      if (kind !== BIND_COMPLETE) this.driver(chunk.subarray(at, end));
      at = end;
      rowsFrom = end;
    }
    this.append(chunk, rowsFrom, at);
  }

  private append(source: Buffer, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.into.length) {
      const larger = this.memory.takeFitting(Math.max(needed, this.into.length * 2));
      this.into.copy(larger, 0, 0, this.length);
      this.memory.give(this.into);
      this.into = larger;
    }
    source.copy(this.into, this.length, start, end);
    this.length = needed;
  }
}

const NOTHING = Buffer.alloc(0);

/** Where the message that begins at `at` ends; undefined where not even its header is there. */
function endOfMessage(chunk: Buffer, at: number): number | undefined {
  return at + HEADER_BYTES <= chunk.length ? at + 1 + chunk.readInt32BE(at + 1) : undefined;
}

/** Bytes go as they are, all else as text. */
function asParameter(value: string | number | boolean | Buffer | null): string | Buffer | null {
  return value === null || Buffer.isBuffer(value) ? value : String(value);
}

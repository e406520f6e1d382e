import type { Duplex } from 'node:stream';
import type pg from 'pg';
import { BinaryRows, DATA_ROW, HEADER_BYTES, int4At, type RowMemory, type RowPiece } from './binary-rows.js';
import { type ByteReceiver, divert } from './database-socket.js';

/**
 * The rows of a prepared statement in binary: as the rows of a query bytes come as hexadecimal text, and each value becomes an
 * object, which costs more than all the rest of reading.
 *
 * @param statement its values are texts, numbers, truth values, bytes and NULL
 * @param expectedBytes what the rows will take, as far as it is known: room is made for it at once
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

const BIND_COMPLETE = '2'.charCodeAt(0);
/** CommandComplete, ErrorResponse, ReadyForQuery: no rows come any more. */
const ENDS = new Set(Buffer.from('CEZ'));
/** What may come beside rows: ParseComplete, BindComplete, NoticeResponse, ParameterStatus, NotificationResponse. */
const BESIDE = new Set(Buffer.from('12NSA'));
/** The length of a message counts itself. A row has less than 1 GiB; nothing beside rows has nearly as much as four letters of text would tell. */
const [LEAST_LENGTH, MOST_OF_ROW, MOST_BESIDE] = [4, 2 ** 30, 64 * 1024 ** 2];
/** What comes beside rows, as a rule. */
const BESIDE_BYTES = 256;
/** Room for more rows than were expected. */
const MORE_BYTES = 512 * 1024;

/** What the driver's types leave out. */
type Connection = pg.Connection & {
  /** Text by name. */
  readonly parsedStatements: Record<string, string>;
};

/**
 * Has the rows read to where they will be looked at: in the driver's parser each value would become an object. All other
 * messages go to the driver, which knows what to make of them.
 */
class BinaryQuery implements ByteReceiver {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
  private readonly full: RowPiece[] = [];
  private into: Buffer;
  /** What of `into` was received, and where the last message of it begins and ends, maybe behind what was received. */
  private length = 0;
  private messageAt = 0;
  private messageEnd = 0;
  private driver: (bytes: Buffer) => void = () => undefined;
  private handBack: () => void = () => undefined;
  private stream: Duplex | undefined;
  private ended = false;

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
    this.into = memory.takeFitting(expectedBytes + BESIDE_BYTES);
  }

  submit(connection: pg.Connection): void {
    const { stream } = connection;
    this.stream = stream;
    [this.driver, this.handBack] = divert(stream, this);
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
    // Where the connection broke instead, it may still have a read under way into this memory.
    if (this.ended) this.rows().release();
    else this.handBack();
    this.reject(error);
  }

  handleReadyForQuery(): void {
    this.resolve(this.rows());
  }

  handleCommandComplete(): void {}

  room(): Buffer {
    if (this.length === this.into.length || this.messageEnd > this.into.length) this.goOnElsewhere();
    return this.into.subarray(this.length);
  }

  take(bytes: Buffer): void {
    if (bytes.buffer === this.into.buffer) {
      this.taken(bytes.length);
      return;
    }
    for (let at = 0; at < bytes.length;) {
      const copied = bytes.copy(this.room(), 0, at);
      at += copied;
      if (this.taken(copied)) continue;
      if (at < bytes.length) this.driver(Buffer.from(bytes.subarray(at)));
      return;
    }
  }

  /** So many bytes more lie in `into`; false once no rows come any more. */
  private taken(bytes: number): boolean {
    const { into } = this;
    this.length += bytes;
    while (this.messageEnd <= this.length) {
      const at = this.messageEnd;
      this.messageAt = at;
      if (at + HEADER_BYTES > this.length) return true;
      const kind = into[at] as number;
      if (ENDS.has(kind)) {
        this.end();
        return false;
      }
      const length = int4At(into, at + 1);
      if (!isMessage(kind, length)) {
        // Of a message that came before the statement the driver holds the beginning; nobody can tell where it ends.
        this.stream?.destroy(new Error('what the database sends is no message'));
        return true;
      }
      const end = at + 1 + length;
      if (kind !== DATA_ROW) {
        if (end > this.length) return true;
        if (kind !== BIND_COMPLETE) this.driver(Buffer.from(into.subarray(at, end)));
      }
      this.messageEnd = end;
    }
    return true;
  }

  private end(): void {
    this.ended = true;
    this.handBack();
    this.driver(Buffer.from(this.into.subarray(this.messageAt, this.length)));
  }

  /** Takes more memory, and what there is of the present message along. */
  private goOnElsewhere(): void {
    const { into, messageAt, length } = this;
    const known = Math.max(this.messageEnd, length) - messageAt;
    this.into = this.memory.takeFitting(Math.max(known + BESIDE_BYTES, MORE_BYTES));
    into.copy(this.into, 0, messageAt, length);
    if (messageAt > 0) this.full.push({ bytes: into, length: messageAt });
    else this.memory.give(into);
    [this.length, this.messageEnd, this.messageAt] = [length - messageAt, this.messageEnd - messageAt, 0];
  }

  private rows(): BinaryRows {
    return new BinaryRows([...this.full, { bytes: this.into, length: this.messageAt }], this.memory);
  }
}

function isMessage(kind: number, length: number): boolean {
  if (length < LEAST_LENGTH) return false;
  return kind === DATA_ROW ? length <= MOST_OF_ROW : BESIDE.has(kind) && length <= MOST_BESIDE;
}

/** Bytes go as they are, all else as text. */
function asParameter(value: string | number | boolean | Buffer | null): string | Buffer | null {
  return value === null || Buffer.isBuffer(value) ? value : String(value);
}

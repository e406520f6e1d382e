import type { Duplex } from 'node:stream';
import type pg from 'pg';

/** Rows on their way into a table. */
export interface Copy {
  /** The table with its columns, as SQL. */
  readonly target: string;
  /** In PostgreSQL's binary format, with header and trailer. */
  readonly chunks: AsyncIterable<Buffer>;
}

/**
 * Several COPY as one statement of `pg`: one round trip for all, since rows are sent without waiting for PostgreSQL to ask for them,
 * and those of a table while it still works on those of the one before. What comes after a failure it passes over.
 */
export class CopyQuery implements pg.Submittable {
  /** Once PostgreSQL has stored all rows; rejects with what it says, or with what went wrong here. */
  readonly stored: Promise<void>;
  private resolve!: () => void;
  private reject!: (error: unknown) => void;
  private sending: Promise<void> = Promise.resolve();
  private isOver = false;
  private fault: unknown;
  private wake = (): void => undefined;

  constructor(private readonly copies: readonly Copy[]) {
    const answered = new Promise<void>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // Nothing is taken from `copies` any more when the caller hears of the end.
    this.stored = answered.finally(() => this.sending);
  }

  submit(connection: pg.Connection): void {
    connection.query(this.copies.map(({ target }) => `COPY ${target} FROM STDIN (FORMAT binary)`).join('; '));
    this.sending = this.send(connection.stream);
  }

  handleError(error: Error): void {
    this.isOver = true;
    this.wake();
    this.reject(this.fault ?? error);
  }

  handleReadyForQuery(): void {
    this.resolve();
  }

  handleCopyInResponse(): void {}

  handleCommandComplete(): void {}

  private async send(stream: Duplex): Promise<void> {
    try {
      for (const { chunks } of this.copies) {
        for await (const chunk of chunks) {
          if (this.isOver) return;
          await this.sendMessage(stream, COPY_DATA, chunk);
        }
        if (this.isOver) return;
        await this.sendMessage(stream, COPY_DONE, NOTHING);
      }
    } catch (error) {
      if (this.isOver) return;
      this.fault = error;
      await this.sendMessage(stream, COPY_FAIL, NO_REASON);
    }
  }

  /** Waits where the connection has enough to do. */
  private async sendMessage(stream: Duplex, kind: number, content: Buffer): Promise<void> {
    const head = Buffer.allocUnsafe(5);
    head[0] = kind;
    head.writeUInt32BE(content.length + 4, 1);
    stream.cork();
    stream.write(head);
    const hasRoom = stream.write(content);
    stream.uncork();
    if (hasRoom) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      stream.once('drain', resolve);
    });
  }
}

/** Kinds of messages (PostgreSQL manual, "Message Formats"). */
const [COPY_DATA, COPY_DONE, COPY_FAIL] = Buffer.from('dcf') as unknown as readonly [number, number, number];
const NOTHING = Buffer.alloc(0);
/** An empty text: the caller hears what went wrong. */
const NO_REASON = Buffer.alloc(1);

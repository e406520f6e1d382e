import { createHash } from 'node:crypto';
import { invalid } from '../../errors/app-error.js';
import type { ContentReader } from '../../ingest/worker-body.js';
import type { Disposition, ValueKind } from '../../json/json-scanner.js';
import type { TextSink } from '../../json/text-sink.js';
import { BLOCK_BYTES, PayloadSpool, type SpooledPayload, type SpooledStream } from '../../payload/payload-spool.js';
import { plainTextFault } from '../../validation/is-plain-text.decorator.js';

/** A log file as it came: its text is a JSON string literal, compressed. */
export interface ParsedLog {
  readonly name: string;
  /** SHA-256 of the literal. */
  readonly digest: Buffer;
  readonly payload: SpooledPayload;
}

/** One body may hold so many. */
const MAX_FILES = 10_000;

/** Reads `logfiles` of a log body, name by name; a text is never held whole. */
export class LogsReader implements ContentReader {
  readonly spool = new PayloadSpool();
  readonly logs: ParsedLog[] = [];
  private readonly names = new Set<string>();
  private name: string | undefined;

  key(name: string, loneSurrogate: boolean): void {
    const fault = loneSurrogate ? 'must not contain a lone surrogate' : plainTextFault(name, 1, 255);
    if (fault !== undefined) throw invalid('logfiles', `the name ${JSON.stringify(name.slice(0, 40))} ${fault}`);
    if (this.names.has(name)) throw invalid(`logfiles.${name}`, 'comes twice');
    if (this.names.size === MAX_FILES) throw invalid('logfiles', `has more than ${MAX_FILES} files`);
    this.names.add(name);
    this.name = name;
  }

  value(kind: ValueKind): Disposition {
    if (this.name === undefined) {
      if (kind !== 'object') throw invalid('logfiles', 'must be an object, texts by name');
      return 'enter';
    }
    if (kind !== 'string') throw invalid(`logfiles.${this.name}`, 'must be a string');
    return new LogText(this.name, this.spool, (log) => this.logs.push(log));
  }

  endObject(): void {}

  endArray(): void {}

  async drained(): Promise<void> {
    await this.spool.drained();
  }
}

/** One text on its way into blocks. */
class LogText implements TextSink {
  private readonly hash = createHash('sha256');
  private readonly streams: SpooledStream[] = [];
  private block = Buffer.allocUnsafe(FIRST_BYTES);
  private length = 0;

  constructor(
    private readonly name: string,
    private readonly spool: PayloadSpool,
    private readonly onEnd: (log: ParsedLog) => void,
  ) {}

  write(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end;) {
      const part = Math.min(end - at, BLOCK_BYTES - this.length);
      this.reserve(part);
      bytes.copy(this.block, this.length, at, at + part);
      this.length += part;
      at += part;
      if (this.length === BLOCK_BYTES) this.flush();
    }
  }

  end(): void {
    if (this.length > 0) this.flush();
    this.onEnd({ name: this.name, digest: this.hash.digest(), payload: { parts: [this.streams] } });
  }

  private reserve(more: number): void {
    const needed = this.length + more;
    if (needed <= this.block.length) return;
    const larger = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, Math.max(needed, this.block.length * 2)));
    this.block.copy(larger, 0, 0, this.length);
    this.block = larger;
  }

  private flush(): void {
    const text = this.block.subarray(0, this.length);
    this.hash.update(text);
    this.streams.push(this.spool.add(text));
    this.block = Buffer.allocUnsafe(FIRST_BYTES);
    this.length = 0;
  }
}

const FIRST_BYTES = 4 * 1024;

import { type FileHandle, open, unlink } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TextSink } from '../json/text-sink.js';

/** Where something lies in a spool. */
export interface SpoolSlice {
  readonly offset: number;
  readonly length: number;
  /** The bytes themselves, until they lie in the file. */
  pieces?: readonly Buffer[];
}

/**
 * An append-only byte store: in memory while small, then in a temporary file that has no name (so that not even
 * `kill -9` leaves it behind). Appends are ordered; a failure to write shows at the next `settled`, `read` or `close`.
 */
export class Spool {
  private memory: SpoolSlice[] = [];
  private memoryBytes = 0;
  private file: FileHandle | undefined;
  private fileBytes = 0;
  private length = 0;
  private writing: Promise<void> = Promise.resolve();
  private readonly writeBytes: number;

  /** @param memoryLimit bytes kept in memory before they go to the file */
  constructor(private readonly memoryLimit: number) {
    this.writeBytes = Math.min(memoryLimit, WRITE_BYTES);
  }

  append(...pieces: readonly Buffer[]): SpoolSlice {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const slice: SpoolSlice = { offset: this.length, length, pieces };
    this.length += length;
    this.memory.push(slice);
    this.memoryBytes += length;
    if (this.memoryBytes > (this.fileBytes === 0 ? this.memoryLimit : this.writeBytes)) this.flush();
    return slice;
  }

  /** Resolves once what was appended is written; await it between appends, so that memory stays bounded. */
  async settled(): Promise<void> {
    await this.writing;
  }

  /** The bytes of a slice, in pieces. */
  async read(slice: SpoolSlice): Promise<readonly Buffer[]> {
    await this.writing;
    return slice.pieces ?? [await this.readFile(slice.offset, slice.length)];
  }

  /** All bytes in order, in pieces of at most 64 KiB. */
  async *readAll(): AsyncGenerator<Buffer> {
    await this.writing;
    for (let offset = 0; offset < this.fileBytes; offset += PIECE_BYTES) {
      yield await this.readFile(offset, Math.min(PIECE_BYTES, this.fileBytes - offset));
    }
    for (const piece of this.memory.flatMap(({ pieces = [] }) => pieces)) {
      for (let at = 0; at < piece.length; at += PIECE_BYTES) yield piece.subarray(at, at + PIECE_BYTES);
    }
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    this.memory = [];
    await this.file?.close();
    this.file = undefined;
  }

  private async readFile(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    const { bytesRead } = await (this.file as FileHandle).read(bytes, 0, length, offset);
    if (bytesRead !== length) throw new Error('the spool file is shorter than what was written to it');
    return bytes;
  }

  private flush(): void {
    const slices = this.memory;
    const total = this.memoryBytes;
    this.memory = [];
    this.memoryBytes = 0;
    const position = this.fileBytes;
    this.fileBytes += total;
    this.writing = this.writing.then(async () => {
      this.file ??= await openNameless();
      const pieces = slices.flatMap((slice) => slice.pieces ?? []);
      const { bytesWritten } = await this.file.writev(pieces, position);
      if (bytesWritten !== total) throw new Error('the spool file could not be written');
      for (const slice of slices) delete slice.pieces;
    });
    // The failure is reported by whoever awaits `writing`; this only keeps it from counting as unhandled.
    this.writing.catch(() => undefined);
  }
}

/** Puts a text aside exactly as sent (white space between tokens dropped), in pieces worth a write. */
export class SpoolSink implements TextSink {
  readonly keepsNonFinite = true;
  readonly keepsSurrogates = true;
  private piece = Buffer.allocUnsafe(PIECE_BYTES);
  private length = 0;

  constructor(private readonly spool: Spool) {}

  write(bytes: Buffer, start: number, end: number): void {
    if (this.length + end - start > PIECE_BYTES) this.flush();
    if (end - start > PIECE_BYTES) {
      this.spool.append(Buffer.from(bytes.subarray(start, end)));
      return;
    }
    bytes.copy(this.piece, this.length, start, end);
    this.length += end - start;
  }

  end(): void {
    this.flush();
  }

  private flush(): void {
    if (this.length === 0) return;
    this.spool.append(this.piece.subarray(0, this.length));
    this.piece = Buffer.allocUnsafe(PIECE_BYTES);
    this.length = 0;
  }
}

const PIECE_BYTES = 64 * 1024;
/**
 * What goes to the file at once, after the first time. Buffers that live long are garbage that only a full collection finds, which
 * stops everybody for 7 to 20 ms: so they don't lie here until the limit is reached again.
 */
const WRITE_BYTES = 1024 * 1024;

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `tallyhouse-spool-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

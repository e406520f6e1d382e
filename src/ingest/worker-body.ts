import { type AppError, invalid, tooLarge } from '../errors/app-error.js';
import { type Disposition, type JsonHandler, JsonScanner, type ValueKind } from '../json/json-scanner.js';
import type { TextSink } from '../json/text-sink.js';
import { TextBuffer } from '../json/text-buffer.js';
import { Utf8Check } from '../json/utf8-check.js';
import { FairTurns } from '../turns/fair-turns.js';
import { Spool, SpoolSink } from '../payload/spool.js';
import { validateDto } from '../validation/validate-dto.js';
import type { WorkerEnvelope } from './worker-envelope.js';

/** A body as a door hands it to a service: inflated bytes as they come, and what came beside them. */
export interface WorkerBody {
  /** Inflated bytes; each chunk is at most some 64 KiB, and is scanned without a pause. */
  readonly chunks: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** The header X-Update-Key, which then stands for the member `update_key`. */
  readonly updateKey?: string | undefined;
  /** The address it came from, whose failures are counted; a broker vouches for its own publishers. */
  readonly sender?: string;
}

/** Reads the large member of a body. */
export interface ContentReader extends JsonHandler {
  /**
   * Awaited between chunks, so that memory stays bounded. A reader that has it sees nothing before the update key is known to
   * be right; one without, for which a chunk is little work, may see the rest of the chunk that holds the key.
   */
  drained?(): Promise<void>;
}

/** What a kind of body holds. */
export interface WorkerBodyFormat<E extends WorkerEnvelope> {
  readonly envelope: new () => E;
  /** Names of the scalars of the envelope. */
  readonly scalars: readonly (keyof E & string)[];
  /** Name of the large member. */
  readonly content: string;
  /** Other names under which scalars may come. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Whether a body may do without it. */
  readonly contentOptional?: boolean;
  /** Inflated bytes. */
  readonly maxBytes: number;
}

/** A body where the large member, or whatever else, comes before the key is known may be this large. */
export const UNAUTHORIZED_BYTES = 16 * 1024 * 1024;

/**
 * Reads a worker's body in one pass: the envelope's scalars wherever they stand, the key checked as soon as it is
 * known, the content only after that. A body whose content comes first is put aside (up to UNAUTHORIZED_BYTES) and
 * read behind the check. What follows the key in the same chunk may be read while the key is looked up; what is wrong with
 * it is told only where the key is right.
 *
 * Throws `invalid`, `tooLarge`, and what `authorize` and the content reader throw, in the order of the contract.
 */
export async function readWorkerBody<E extends WorkerEnvelope, S>(
  body: WorkerBody,
  format: WorkerBodyFormat<E>,
  authorize: (simulationId: string | number, updateKey: string) => Promise<S>,
  content: ContentReader,
): Promise<{ readonly simulation: S; readonly envelope: E }> {
  const reading = new WorkerBodyReading(body, format, authorize, content);
  try {
    return await reading.run();
  } finally {
    await reading.close();
  }
}

class WorkerBodyReading<E extends WorkerEnvelope, S> implements JsonHandler {
  private readonly scanner = new JsonScanner(this);
  private readonly members: Record<string, unknown> = {};
  private readonly seen = new Set<string>();
  /** The member of the envelope at hand, undefined before the first. */
  private member: string | undefined;
  /** Levels of the content that are open, while its reader follows. */
  private contentDepth = 0;
  /** The key is known, and being checked or right. */
  private isKeyKnown = false;
  private authorized: { readonly simulation: S } | undefined;
  private putAside: Spool | undefined;

  constructor(
    private readonly body: WorkerBody,
    private readonly format: WorkerBodyFormat<E>,
    private readonly authorize: (simulationId: string | number, updateKey: string) => Promise<S>,
    private readonly content: ContentReader,
  ) {
    if (body.updateKey !== undefined) this.members['update_key'] = body.updateKey;
  }

  async run(): Promise<{ readonly simulation: S; readonly envelope: E }> {
    const utf8 = new Utf8Check();
    const turns = new FairTurns();
    let bytes = 0;
    for await (const chunk of this.body.chunks) {
      if (bytes + chunk.length > this.format.maxBytes) throw overLimit(this.format.maxBytes);
      utf8.write(chunk);
      const at = this.scanner.write(chunk);
      if (this.keyIsDue()) await this.checkKey(bytes + at, () => this.scanner.write(chunk, at));
      bytes += chunk.length;
      if (this.authorized === undefined || this.putAside !== undefined) this.requireSmall(bytes);
      await this.content.drained?.();
      await this.putAside?.settled();
      await turns.next(chunk.length);
    }
    utf8.end();
    this.scanner.end();
    const envelope = validateDto(this.format.envelope, this.members);
    if (envelope.update_key === undefined) throw invalid('update_key', 'is required');
    if (this.authorized === undefined) await this.checkKey(bytes, () => undefined);
    if (!this.seen.has(this.format.content) && this.format.contentOptional !== true) {
      throw invalid(this.format.content, 'is required');
    }
    if (this.putAside !== undefined) await this.readPutAside(this.putAside);
    return { simulation: (this.authorized as unknown as { simulation: S }).simulation, envelope };
  }

  async close(): Promise<void> {
    await this.putAside?.close();
  }

  key(name: string, loneSurrogate: boolean): void {
    if (this.contentDepth > 0) {
      this.content.key(name, loneSurrogate);
      return;
    }
    this.scanner.nonFinite = false;
    this.scanner.requireDoubles = true;
    this.member = this.format.aliases?.[name] ?? name;
    if (this.member !== this.format.content && !this.isScalar(this.member)) return;
    if (this.seen.has(this.member)) throw invalid(name, 'comes twice');
    this.seen.add(this.member);
  }

  value(kind: ValueKind): Disposition {
    if (this.contentDepth > 0) return this.enterContent(this.content.value(kind));
    if (this.member === undefined) {
      if (kind !== 'object') throw invalid('body', 'must be a JSON object');
      return 'enter';
    }
    if (this.member === this.format.content) {
      this.scanner.nonFinite = true;
      if (this.isKeyKnown) return this.enterContent(this.content.value(kind));
      return this.setAside();
    }
    return this.isScalar(this.member) ? this.scalar(this.member) : 'skip';
  }

  endObject(): void {
    if (this.contentDepth > 0) {
      this.content.endObject();
      this.contentDepth--;
    }
  }

  endArray(): void {
    this.content.endArray();
    this.contentDepth--;
  }

  /** While a level of the content is open, `key`, `value` and `end…` above pass on to its reader. */
  private enterContent(disposition: Disposition): Disposition {
    if (disposition === 'enter') this.contentDepth++;
    return disposition;
  }

  private isScalar(name: string): boolean {
    return (this.format.scalars as readonly string[]).includes(name);
  }

  private scalar(name: string): TextSink {
    const overLimit = () => invalid(name, `is longer than ${MAX_SCALAR_BYTES} bytes`);
    return new TextBuffer(MAX_SCALAR_BYTES, overLimit, (text) => {
      if (name === 'update_key' && this.body.updateKey !== undefined) return;
      this.members[name] = JSON.parse(text.toString('utf8')) as unknown;
      if (this.keyIsDue()) this.scanner.suspend();
    });
  }

  private setAside(): TextSink {
    const spool = new Spool(SPOOL_MEMORY_BYTES);
    this.putAside = spool;
    this.scanner.requireDoubles = false;
    return new SpoolSink(spool);
  }

  private async readPutAside(spool: Spool): Promise<void> {
    const scanner = new JsonScanner(this.content);
    scanner.nonFinite = true;
    const turns = new FairTurns();
    for await (const chunk of spool.readAll()) {
      scanner.write(chunk);
      await this.content.drained?.();
      await turns.next(chunk.length);
    }
    scanner.end();
  }

  private keyIsDue(): boolean {
    const { members } = this;
    return !this.isKeyKnown && members['simulation_id'] !== undefined && members['update_key'] !== undefined;
  }

  /**
   * @param bytes of the body up to the key
   * @param readOn reads the rest of the chunk
   */
  private async checkKey(bytes: number, readOn: () => void): Promise<void> {
    this.requireSmall(bytes);
    const envelope = validateDto(this.format.envelope, this.members, true);
    this.isKeyKnown = true;
    const authorizing = this.authorize(envelope.simulation_id, envelope.update_key as string);
    const fault = this.content.drained === undefined ? faultIn(readOn) : undefined;
    this.authorized = { simulation: await authorizing };
    if (fault !== undefined) throw fault.error;
    if (this.content.drained !== undefined) readOn();
  }

  /** What comes before the key, and the whole of a body that was put aside, is small, wherever its chunks end. */
  private requireSmall(bytes: number): void {
    if (bytes <= UNAUTHORIZED_BYTES) return;
    throw tooLarge(
      `body: may hold at most ${UNAUTHORIZED_BYTES} bytes (inflated) before simulation_id and update_key are known; ` +
        `put them before ${this.format.content}`,
    );
  }
}

/** What `work` throws. */
function faultIn(work: () => void): { readonly error: unknown } | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** The answer to a body of more than `maxBytes`. */
export function overLimit(maxBytes: number): AppError {
  return tooLarge(`body: is larger than the limit of ${maxBytes} bytes (inflated)`);
}

const MAX_SCALAR_BYTES = 64 * 1024;
const SPOOL_MEMORY_BYTES = 1024 * 1024;

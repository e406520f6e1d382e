import type { FoundPayload } from './fetch-payload.js';

/** One part of a stored payload: 0 the body, 1 to 3 the axes. */
export interface PayloadPart {
  readonly payload: FoundPayload;
  readonly part: number;
}

/** A piece of a response: JSON text, or a part of a payload. */
export type Segment = string | PayloadPart;

/** All of a response, in order. */
export type Segments = Iterable<Segment> | SegmentList;

/** Text between two parts of payloads: it lies from `start` to `end` in the bytes of its list. */
export interface TextRun {
  readonly payload?: undefined;
  readonly start: number;
  readonly end: number;
}

const FIRST_BYTES = 4 * 1024;
/** UTF-8 takes at most three bytes for a UTF-16 code unit; of a text of more units they are counted. */
const MOST_BYTES_OF_UNIT = 3;
const LONG_TEXT = 16 * 1024;
/** Up to so many characters writing them one by one costs less than a call. */
const SHORT_TEXT = 64;

/**
 * Segments in which text is UTF-8 already, and what is added between two parts of payloads is one run: it becomes one stored
 * block. A string for each run would be put together, flattened, measured and encoded one after the other.
 */
export class SegmentList {
  /** Before each run there are so many bytes for the header of a stored block. */
  static readonly ROOM_BYTES = 5;

  /** The text of all runs; to be asked for once nothing is added any more, since it moves where it grows. */
  bytes: Buffer = Buffer.allocUnsafe(FIRST_BYTES);
  private readonly list: (TextRun | PayloadPart)[] = [];
  /** Of the present run, as far as there is one. */
  private start = 0;
  private at = 0;

  static from(segments: Segments): SegmentList {
    if (segments instanceof SegmentList) return segments;
    const list = new SegmentList();
    for (const segment of segments) {
      if (typeof segment === 'string') list.text(segment);
      else list.part(segment.payload, segment.part);
    }
    return list;
  }

  text(text: string): this {
    if (this.at === this.start) {
      this.room(SegmentList.ROOM_BYTES);
      this.start = this.at += SegmentList.ROOM_BYTES;
    }
    this.room(text.length > LONG_TEXT ? Buffer.byteLength(text) : MOST_BYTES_OF_UNIT * text.length);
    this.at += writeText(this.bytes, text, this.at);
    return this;
  }

  part(payload: FoundPayload, part: number): this {
    this.endRun();
    this.list.push({ payload, part });
    return this;
  }

  /** Ends the present run; adding goes on afterwards. */
  pieces(): readonly (TextRun | PayloadPart)[] {
    this.endRun();
    return this.list;
  }

  private endRun(): void {
    if (this.at > this.start) this.list.push({ start: this.start, end: this.at });
    this.start = this.at;
  }

  private room(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }
}

/** The bytes that it took. */
function writeText(buffer: Buffer, text: string, start: number): number {
  const { length } = text;
  if (length > SHORT_TEXT) return buffer.write(text, start);
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) return buffer.write(text, start);
    buffer[start + index] = unit;
  }
  return length;
}

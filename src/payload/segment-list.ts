import type { FoundPayload } from './fetch-payload.js';

/** A piece of a response: JSON text, or one part of a stored payload (0 the body, 1 to 3 the axes). */
export type Segment = string | { readonly payload: FoundPayload; readonly part: number };

/** Segments in which runs of text are put together, so that each becomes one stored block. */
export class SegmentList implements Iterable<Segment> {
  private readonly segments: Segment[] = [];
  private run = '';

  static from(segments: Iterable<Segment>): SegmentList {
    if (segments instanceof SegmentList) return segments;
    const list = new SegmentList();
    for (const segment of segments) {
      if (typeof segment === 'string') list.text(segment);
      else list.part(segment.payload, segment.part);
    }
    return list;
  }

  text(text: string): void {
    this.run += text;
  }

  part(payload: FoundPayload, part: number): void {
    this.endRun();
    this.segments.push({ payload, part });
  }

  /** Puts runs of text together; adding goes on afterwards. */
  joined(): readonly Segment[] {
    this.endRun();
    return this.segments;
  }

  [Symbol.iterator](): Iterator<Segment> {
    return this.joined()[Symbol.iterator]();
  }

  private endRun(): void {
    if (this.run !== '') this.segments.push(this.run);
    this.run = '';
  }
}

export function joined(segments: Iterable<Segment>): readonly Segment[] {
  return SegmentList.from(segments).joined();
}

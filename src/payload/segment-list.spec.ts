import fc from 'fast-check';
import type { FoundPayload } from './fetch-payload.js';
import { type Segment, SegmentList } from './segment-list.js';

const payload: FoundPayload = {
  ...{ simulationId: 1, payloadId: 2, blocks: 1, streams: 1 },
  ...{ storedBytes: 3, rawBytes: 4 },
};
const texts = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.nat(3_000).map((length) => 'é'.repeat(length)),
  fc.nat(9_000).map((length) => 'x'.repeat(length)),
);
const parts = fc.nat(3).map((part) => ({ payload, part }));

test('text between parts is one run of UTF-8, with room for a header before it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof({ weight: 3, arbitrary: texts }, parts), { maxLength: 40 }), (segments) => {
      const list = SegmentList.from(segments);
      const pieces = list.pieces();
      let end = 0;
      const shown = pieces.map((piece) => {
        if (piece.payload !== undefined) return piece.part;
        expect(piece.start - end).toBeGreaterThanOrEqual(SegmentList.ROOM_BYTES);
        end = piece.end;
        return list.bytes.toString('utf8', piece.start, piece.end);
      });
      expect(shown).toStrictEqual(runsOf(segments));
      expect(list.pieces()).toStrictEqual(pieces);
    }),
  );
});

/** Parts by number, and the text between them as it is encoded: a lone surrogate becomes U+FFFD. */
function runsOf(segments: readonly Segment[]): (string | number)[] {
  const runs: (string | number)[] = [];
  for (const segment of segments) {
    const last = runs.at(-1);
    if (typeof segment !== 'string') runs.push(segment.part);
    else if (typeof last === 'string') runs.push(`${runs.pop() as string}${segment}`);
    else if (segment !== '') runs.push(segment);
  }
  return runs.map((run) => (typeof run === 'string' ? Buffer.from(run).toString() : run));
}
